"""What an older or newer RKE made of keys that few cluster.yml files have stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from rke_py.cluster.completed import completed
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.config.rke_json import to_rke_json
from rke_py.pki.issue import issue
from rke_py.pki.keys import generate_key
from rke_py.plan.compare import differences
from rke_py.plan.containers import ContainerSpec, FoundContainer, Status
from rke_py.plan.node import NodePlan, node_plan
from rke_py.plan.observed import HostFacts, ObservedHost
from rke_py.plan.rke.older import asked_anew, left_by_rke
from rke_py.state.model import State
from tests.plan.rke.conftest import NODE

NOW = datetime(2026, 11, 26, tzinfo=UTC)
DUAL = {
    "kube-api": {"service_cluster_ip_range": "10.43.0.0/16,fd00:43::/112"},
    "kube-controller": {
        "cluster_cidr": "10.42.0.0/16,fd00:42::/56",
        "service_cluster_ip_range": "10.43.0.0/16,fd00:43::/112",
    },
}
STREAMS = {"cri_dockerd_stream_server_address": "10.0.0.11", "cri_dockerd_stream_server_port": "10011"}
NAMED_BY_CLOUD = {"cloud_provider": {"name": "external-aws", "useInstanceMetadataHostname": True}}

Config = dict[str, Any]
Change = Callable[[ContainerSpec], ContainerSpec]


def remembered(config: Config, version: str = "v1.28.15-rancher1-1") -> dict[str, Any]:
    """Return a configuration as a state has it."""
    given = load(yaml.safe_dump({"kubernetes_version": version, "nodes": [NODE], **config})).config
    return to_rke_json(completed(given, resolve(given)))


def wanted(config: Config, version: str = "v1.28.15-rancher1-1", facts: HostFacts | None = None) -> NodePlan:
    """Return what the host of a cluster of one has to carry."""
    text = yaml.safe_dump({"kubernetes_version": version, "nodes": [NODE], **config})
    cluster = resolve(load(text).config)
    bundle = issue(cluster, {}, now=NOW, new_key=lambda _: generate_key("ecdsa-p256")).bundle
    return node_plan(cluster, cluster.host("n1"), State(lineage="0" * 32, bundle=bundle), facts, None)


def found(plan: NodePlan, name: str, change: Change) -> ObservedHost:
    """Return the host with all its containers, one of them in another form."""
    specs = [change(spec) if spec.name == name else spec for spec in plan.containers]
    assert specs != list(plan.containers), "the change did nothing"
    containers = {
        spec.name: FoundContainer(id=spec.name, spec=spec, status=Status.RUNNING, image_id=spec.image) for spec in specs
    }
    return ObservedHost(name="n1", containers=containers, files={})


def replaced(plan: NodePlan, host: ObservedHost, edited: frozenset[str] = frozenset()) -> list[str]:
    """Return the containers that would be made anew."""
    specs = left_by_rke(plan, host, edited).containers
    return [spec.name for spec in specs if differences(spec, host.containers[spec.name])]


def _without_variable(*names: str) -> Change:
    return lambda spec: replace(spec, env=tuple(text for text in spec.env if text.partition("=")[0] not in names))


def _with_variable(text: str) -> Change:
    return lambda spec: replace(spec, env=(*spec.env, text))


def _with_flag(flag: str) -> Change:
    return lambda spec: replace(spec, entrypoint=(*spec.entrypoint, flag))


NO_STREAMS = _without_variable("CRIDOCKERD_STREAM_SERVER_ADDRESS", "CRIDOCKERD_STREAM_SERVER_PORT")
NAMED = _with_flag("--hostname-override=n1")

FORMS: dict[str, tuple[Config, str, Change]] = {
    "before 1.5.0 without dual stack": (
        {"services": DUAL, "network": {"plugin": "calico"}},
        "kubelet",
        _without_variable("RKE_KUBELET_CRIDOCKERD_DUALSTACK"),
    ),
    "before 1.5.13 without streams": (STREAMS, "kubelet", NO_STREAMS),
    "before 1.3.19 with a name": (NAMED_BY_CLOUD, "kube-proxy", NAMED),
    "from 1.7.5 with the module": ({}, "kube-proxy", _with_variable("RKE_KUBE_PROXY_BR_NETFILTER=true")),
}


@pytest.mark.parametrize(("config", "name", "change"), FORMS.values(), ids=FORMS)
def test_what_another_rke_made_keeps_its_form(config: Config, name: str, change: Change) -> None:
    plan = wanted(config)
    assert replaced(plan, found(plan, name, change)) == []


def test_a_type_of_selinux_that_an_older_rke_did_not_give_is_not_given() -> None:
    facts = HostFacts(
        engine_id="x", engine_version="20.10", api_version="1.41", operating_system="linux", architecture="x86_64",
        kernel="5.14", hostname="n1", docker_root="/var/lib/docker", cgroup_driver="systemd", cgroup_version=1,
        security_options=("name=selinux",), cpus=2, memory=1, clock_offset=NOW - NOW,
    )  # fmt: skip
    plan = wanted({}, "v1.22.17-rancher1-2", facts)

    def older(spec: ContainerSpec) -> ContainerSpec:
        kept = tuple(option for option in spec.security_opt if option != "label=type:rke_container_t")
        return replace(spec, security_opt=kept, binds=tuple(f"{bind}:z" for bind in spec.binds))

    assert replaced(plan, found(plan, "kube-apiserver", older)) == []


ANEW: dict[str, tuple[Config, str, Change]] = {
    "CRIDOCKERD_STREAM_SERVER_PORT": (STREAMS, "kubelet", NO_STREAMS),
    "hostname-override": (NAMED_BY_CLOUD, "kube-proxy", NAMED),
}


@pytest.mark.parametrize("asked", ANEW)
def test_what_cluster_yml_asks_for_since_the_cluster_was_taken_over_is_done(asked: str) -> None:
    config, name, change = ANEW[asked]
    plan = wanted(config)
    bare = {key: {"name": "external-aws"} for key in config if key == "cloud_provider"}
    state = State(lineage="0" * 32, configuration=remembered(bare), desired=remembered(config), taken_over=NOW)
    assert asked in asked_anew(state)
    assert replaced(plan, found(plan, name, change), asked_anew(state)) == [name]


def test_of_a_cluster_as_rke_left_it_nobody_can_tell_what_is_asked_for_anew() -> None:
    assert asked_anew(State(lineage="0" * 32, configuration=remembered({}), desired=remembered(STREAMS))) == frozenset()


def test_the_module_stays_when_its_container_is_made_anew() -> None:
    plan = wanted({"services": {"kubeproxy": {"extra_args": {"v": "4"}}}})
    host = found(wanted({}), "kube-proxy", _with_variable("RKE_KUBE_PROXY_BR_NETFILTER=true"))
    (proxy,) = (spec for spec in left_by_rke(plan, host).containers if spec.name == "kube-proxy")
    assert "RKE_KUBE_PROXY_BR_NETFILTER=true" in proxy.env
    assert "--v=4" in proxy.entrypoint
