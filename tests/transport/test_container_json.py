from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rke_py.plan.containers import ContainerSpec, FoundContainer, Status
from rke_py.transport.container_json import create_request, found_container, version_of

RKE = json.loads((Path(__file__).parent / "cases" / "inspected_by_rke.json").read_text("utf-8"))

text = st.text("abc/:=-1", min_size=1, max_size=6)
texts = st.lists(text, max_size=3).map(tuple)
named = st.dictionaries(text, text, max_size=3)
specs = st.builds(
    ContainerSpec,
    name=text.filter(lambda name: not name.startswith("/")),
    image=text,
    entrypoint=texts,
    command=texts,
    env=texts,
    binds=texts,
    network_mode=st.sampled_from(["host", "none", "container:x"]),
    pid_mode=st.sampled_from(["", "host"]),
    cgroupns_mode=st.sampled_from(["host", "private"]),
    privileged=st.booleans(),
    user=st.sampled_from(["", "52034:52034"]),
    restart=st.sampled_from(["no", "always"]),
    labels=named,
    volumes_from=texts,
    security_opt=texts,
    cap_add=texts,
    log_options=named,
    limits=st.dictionaries(st.sampled_from(["Memory", "NanoCpus", "PidsLimit"]), st.integers(1, 10**9), max_size=3),
    grace=st.integers(1, 100),
)


def as_inspected(spec: ContainerSpec, request: Mapping[str, Any]) -> dict[str, Any]:
    state = {"Status": "created", "StartedAt": "0001-01-01T00:00:00Z", "ExitCode": 0}
    return {
        "Id": "1",
        "Name": f"/{spec.name}",
        "Image": "sha256:1",
        "State": state,
        "Config": request,
        "HostConfig": request["HostConfig"],
    }


@settings(deadline=None, max_examples=50)
@given(specs)
def test_what_is_created_is_what_is_found(spec: ContainerSpec) -> None:
    inspected = json.loads(json.dumps(as_inspected(spec, create_request(spec, "1.47"))))
    assert found_container(inspected, ()).spec == spec


def test_an_engine_that_knows_no_cgroup_namespace_is_not_asked_for_one() -> None:
    spec = ContainerSpec(name="a", image="b", entrypoint=("c",), cgroupns_mode="host")
    assert "CgroupnsMode" not in create_request(spec, "1.40")["HostConfig"]
    assert create_request(spec, "1.41")["HostConfig"]["CgroupnsMode"] == "host"


def test_a_standard_input_ends_with_its_only_client() -> None:
    spec = ContainerSpec(name="a", image="b", entrypoint=("c",))
    request = create_request(spec, "1.47", stdin=True)
    assert (request["OpenStdin"], request["StdinOnce"]) == (True, True)


def test_versions_compare_as_numbers() -> None:
    assert version_of("1.9") < version_of("1.41")


def found(name: str) -> FoundContainer:
    return found_container(RKE[name], ("PATH=/bin",))


def test_rkes_etcd_as_docker_shows_it() -> None:
    etcd = found("etcd")
    assert etcd.spec == ContainerSpec(
        name="etcd",
        image="registry.example:5000/rancher/mirrored-coreos-etcd:v3.5.16",
        entrypoint=(),
        command=(
            "/usr/local/bin/etcd",
            "--data-dir=/var/lib/rancher/etcd/",
            "--cert-file=/etc/kubernetes/ssl/kube-etcd-10-0-0-1.pem",
            "--peer-cert-file=/etc/kubernetes/ssl/kube-etcd-10-0-0-1.pem",
        ),
        env=(
            "ETCDCTL_API=3",
            "ETCDCTL_CACERT=/etc/kubernetes/ssl/kube-ca.pem",
            "ETCDCTL_CERT=/etc/kubernetes/ssl/kube-etcd-10-0-0-1.pem",
        ),
        binds=("/var/lib/etcd:/var/lib/rancher/etcd/", "/etc/kubernetes:/etc/kubernetes"),
        cgroupns_mode="host",
        labels={"io.rancher.rke.container.name": "etcd"},
    )
    assert (etcd.status, etcd.running, etcd.image_env) == (Status.RUNNING, True, ("PATH=/bin",))
    assert etcd.started_at == datetime(2026, 11, 21, 0, 55, 44, 182535, tzinfo=UTC)


def test_rkes_kubelet_as_docker_shows_it() -> None:
    spec = found("kubelet").spec
    assert spec.entrypoint == ("/opt/rke-tools/entrypoint.sh", "kubelet", "--fail-swap-on=false")
    assert (spec.command, spec.volumes_from, spec.security_opt) == ((), ("service-sidekick",), ("label=disable",))
    assert (spec.privileged, spec.pid_mode) == (True, "host")


def test_rkes_sidekick_never_started() -> None:
    sidekick = found("service-sidekick")
    assert (sidekick.status, sidekick.started_at, sidekick.spec.restart) == (Status.CREATED, None, "no")


@pytest.mark.parametrize(
    ("log", "options"),
    [
        ({"Type": "json-file", "Config": {"max-size": "1m"}}, {"max-size": "1m"}),
        ({"Type": "journald", "Config": None}, {"driver": "journald"}),
        (None, {}),
    ],
)
def test_another_log_driver_shows_as_a_difference(log: object, options: dict[str, str]) -> None:
    inspected = {**RKE["etcd"], "HostConfig": {**RKE["etcd"]["HostConfig"], "LogConfig": log}}
    assert found_container(inspected, ()).spec.log_options == options
