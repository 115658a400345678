"""A cluster that RKE made is taken over as it stands: nothing to do, and after an edit only what the edit means."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
import yaml

from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.pki.issue import Own, issue
from rke_py.pki.keys import generate_key
from rke_py.plan.files import FoundFile
from rke_py.plan.make import make_plan
from rke_py.plan.model import Plan
from rke_py.plan.node import node_plan
from rke_py.plan.observed import Observed, ObservedHost, ObservedNode
from rke_py.plan.observed_etcd import EtcdMember, ObservedEtcd
from rke_py.plan.rke.components.apiserver import ADMISSION_FILE
from rke_py.plan.rke.older import left_by_rke
from rke_py.plan.steps import ReplaceContainer, WriteFiles
from rke_py.state.codec import adopt
from rke_py.state.model import State
from rke_py.transport.container_json import found_container
from tests.plan.rke.recorded import HOSTS, MADE, Json, config, files, inspected, nodes

IMAGE_ENV = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",)
WRITTEN = datetime(2026, 11, 20, tzinfo=UTC)
NOW = datetime(2026, 11, 26, tzinfo=UTC)

Change = Callable[[Json], None]


@dataclass(frozen=True, slots=True)
class Made:
    """The cluster as it was found."""

    config: Json
    inspected: Mapping[str, Mapping[str, Json]]
    nodes: Sequence[Json]
    files: dict[str, dict[str, FoundFile]]

    def state(self) -> State:
        """Return what RKE remembered."""
        return adopt((MADE / "cluster.rkestate").read_bytes())

    def plan(self) -> Plan:
        """Return what ``up`` would do."""
        cluster = resolve(load(yaml.safe_dump(self.config)).config)
        state, own = self.state(), Own(exists=True)
        issued = issue(cluster, state.bundle, now=NOW, new_key=generate_key, own=own)
        assert issued.issued == ()
        wanted = replace(state, bundle=issued.bundle)
        observed = self._observed()
        nodes = {
            host.name: left_by_rke(node_plan(cluster, host, wanted, None, None), observed.hosts[host.name])
            for host in cluster.hosts
        }
        return make_plan(cluster, wanted, observed, nodes, ())

    def _observed(self) -> Observed:
        hosts = {
            name: ObservedHost(
                name=name,
                containers={n: found_container(found, IMAGE_ENV) for n, found in containers.items()},
                files=self.files[name],
            )
            for name, containers in self.inspected.items()
        }
        members = tuple(
            EtcdMember(
                id=f"{number}", name=f"etcd-{name}", peer_urls=(f"https://172.30.0.2{number}:2380",), healthy=True
            )
            for number, name in enumerate(HOSTS, 1)
        )
        nodes = {
            node["name"]: ObservedNode(
                name=node["name"], ready=True, labels=node["labels"], annotations=node["annotations"]
            )
            for node in self.nodes
        }
        return Observed(hosts=hosts, etcd=ObservedEtcd(cluster_id="1", members=members), api=True, nodes=nodes)


@pytest.fixture
def made() -> Made:
    """The cluster, to be changed by a test."""
    found = {name: inspected(name) for name in HOSTS}
    return Made(config=config(), inspected=found, nodes=nodes(), files={name: _files() for name in HOSTS})


def _files() -> dict[str, FoundFile]:
    return {
        path: FoundFile(path=path, content=content, mode=0o600, uid=0, gid=0, modified=WRITTEN)
        for path, content in files().items()
    }


def steps(plan: Plan) -> list[tuple[str, str]]:
    """Return host and title of every step that changes a container, a file or a node."""
    return [(step.host, step.title) for step in plan.steps]


def test_there_is_nothing_to_do(made: Made) -> None:
    assert steps(made.plan()) == []


def _reversed(found: Json) -> None:
    words = found["Config"]["Entrypoint"]
    found["Config"]["Entrypoint"] = [*words[:2], *reversed(words[2:])]


def _other_bind_order(found: Json) -> None:
    found["HostConfig"]["Binds"].reverse()


@pytest.mark.parametrize("change", [_reversed, _other_bind_order])
def test_what_has_no_order_may_stand_in_any(made: Made, change: Change) -> None:
    change(made.inspected["r2"]["kube-proxy"])
    assert steps(made.plan()) == []


def _without(container: str, flag: str) -> Change:
    def change(host: Json) -> None:
        for field in ("Entrypoint", "Cmd"):
            words = host[container]["Config"][field] or []
            host[container]["Config"][field] = [word for word in words if not word.startswith(f"--{flag}=")]

    return change


def _relabelled(host: Json) -> None:
    for container in host.values():
        binds = container["HostConfig"]["Binds"]
        container["HostConfig"]["Binds"] = [b if b.endswith(":ro") else f"{b}:z" for b in binds or ()]


def _without_admission_checksum(host: Json) -> None:
    config = host["kube-apiserver"]["Config"]
    config["Env"] = [text for text in config["Env"] if not text.startswith("RKE_ADMISSION_CONFIG_CHECKSUM=")]


def _with_container_runtime(host: Json) -> None:
    host["kubelet"]["Config"]["Entrypoint"].append("--container-runtime=remote")


def _untrimmed(host: Json) -> None:
    config = host["kube-apiserver"]["Config"]
    config["Env"] = [f" {text} " if text.startswith("RKE_") else text for text in config["Env"]]


def _of_another_architecture(host: Json) -> None:
    config = host["etcd"]["Config"]
    config["Env"] = [text.replace("UNSUPPORTED_ARCH=x86_64", "UNSUPPORTED_ARCH=arm64") for text in config["Env"]]


@pytest.mark.parametrize(
    "change",
    [
        _without("etcd", "cipher-suites"),
        _without("kube-apiserver", "admission-control-config-file"),
        _without("kube-controller-manager", "authentication-kubeconfig"),
        _without("kube-scheduler", "authorization-kubeconfig"),
        _with_container_runtime,
        _without_admission_checksum,
        _relabelled,
        _untrimmed,
        _of_another_architecture,
    ],
)
def test_what_an_older_rke_made_keeps_its_form(made: Made, change: Change) -> None:
    before = json.dumps(made.inspected["r2"])
    change(made.inspected["r2"])  # type: ignore[arg-type]
    assert json.dumps(made.inspected["r2"]) != before, "the change did nothing"
    assert steps(made.plan()) == []


@pytest.mark.parametrize("there", [False, True])
def test_a_file_that_an_older_rke_did_not_give_an_api_server_restarts_none(made: Made, there: bool) -> None:
    _without("kube-apiserver", "admission-control-config-file")(made.inspected["r2"])  # type: ignore[arg-type]
    _without_admission_checksum(made.inspected["r2"])  # type: ignore[arg-type]
    if not there:
        del made.files["r2"][ADMISSION_FILE]
    assert steps(made.plan()) == []


def test_a_file_that_an_api_server_needs_when_it_is_made_anew_comes_with_it(made: Made) -> None:
    _without("kube-apiserver", "admission-control-config-file")(made.inspected["r2"])  # type: ignore[arg-type]
    del made.files["r2"][ADMISSION_FILE]
    made.config["services"]["kube-api"] = {"extra_args": {"v": "4"}}
    on_r2 = [step for step in made.plan().steps if step.host == "r2"]
    written = [file.path for step in on_r2 if isinstance(step, WriteFiles) for file in step.files]
    assert written == [ADMISSION_FILE]


def test_an_older_form_ends_with_the_first_change_of_the_container(made: Made) -> None:
    _without("kube-scheduler", "authorization-kubeconfig")(made.inspected["r2"])  # type: ignore[arg-type]
    made.config["services"]["scheduler"] = {"extra_args": {"v": "4"}}
    (step,) = (step for step in made.plan().steps if step.host == "r2")
    assert isinstance(step, ReplaceContainer)
    assert any(word.startswith("--authorization-kubeconfig=") for word in step.spec.entrypoint)


def test_an_argument_that_somebody_changed_is_put_back_on_that_host_alone(made: Made) -> None:
    words = made.inspected["r2"]["kube-scheduler"]["Config"]["Entrypoint"]
    words[words.index("--v=2")] = "--v=4"
    (step,) = made.plan().steps
    assert isinstance(step, ReplaceContainer)
    assert (step.host, step.name) == ("r2", "kube-scheduler")


def test_a_container_that_is_missing_is_made(made: Made) -> None:
    del made.inspected["r3"]["kube-controller-manager"]  # type: ignore[attr-defined]
    assert steps(made.plan()) == [("r3", "start kube-controller-manager")]


def test_an_edit_reaches_every_host_in_turn(made: Made) -> None:
    made.config["services"]["scheduler"] = {"extra_args": {"v": "4"}}
    assert steps(made.plan()) == [(host, "replace kube-scheduler") for host in HOSTS]


def test_a_label_is_set_through_the_api(made: Made) -> None:
    made.config["nodes"][1]["labels"] = {"disk": "fast"}
    assert steps(made.plan()) == [("r2", "set labels and taints")]
