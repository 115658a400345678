"""The way out of RKE's releases stopped, broken, killed and taken back at any point."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pydantic import SecretStr

from rke_py.errors import (
    ApiUnavailable,
    ConsentMissing,
    EngineError,
    PreflightError,
    RolloutFailed,
    UsageError,
    WorkersFailed,
)
from rke_py.pki.encryption import UNENCRYPTED, keys_of
from rke_py.pki.keys import read_key
from tests.sim.calls import When
from tests.sim.clock import Crash
from tests.sim.expect import faults_of, store_of
from tests.sim.left_by_rke import VERSION, made_by_rke, recorded
from tests.sim.operator import SNAPSHOT, Operator
from tests.workflows.changes import assert_settled, dead, wants
from tests.workflows.migrating import (
    CORE,
    MOVE,
    NEW,
    NEXT,
    ROLES,
    SMALL,
    WORKERS,
    breaks,
    kubelet_on,
    mend,
    moved,
    of_rke_on,
    settles,
    stopped_after,
    taken_over,
)

pytestmark = pytest.mark.thorough

DAYS = 3 * 86_400
ENOUGH = 10_000
APART = ("ec", "ec", "e", "c", "w", "w")


def kubelet_of_ours(person: Operator, name: str) -> bool:
    kubelet = person.world.machines[name].containers.get("kubelet")
    return kubelet is not None and "kubelet" not in of_rke_on(person, name)


@pytest.fixture
def person(folder: Path) -> Operator:
    return taken_over(folder, *ROLES)


def test_it_rests_between_two_hosts_for_days(person: Operator) -> None:
    """Every run does the next host alone; the cluster is whole in between, and no host has a mixed node."""
    hosts: list[str] = []
    while len(hosts) < len(ROLES):
        stopped_after(person, (*CORE, *WORKERS)[len(hosts)], "uncordon the node")
        hosts += moved(person)
        person.world.time.pass_time(DAYS)
        assert person.world.laws.violations == []
        assert [host for host in (*CORE, *WORKERS) if host not in hosts] == [
            host for host in (*CORE, *WORKERS) if "kubelet" in of_rke_on(person, host)
        ]
    person.up()
    assert hosts == [*CORE, *WORKERS]
    settles(person)


@pytest.mark.parametrize(
    ("host", "step"), [("n1", "replace etcd"), ("n2", "replace kube-scheduler"), ("n2", MOVE), ("n4", MOVE)]
)
def test_half_way_it_is_looked_at_and_restored_as_any_other(person: Operator, host: str, step: str) -> None:
    name, whole = person.snapshot(), left(person)
    stopped_after(person, host, step)
    done = Counter((on, _plain(title)) for on, title in person.script.changes)
    assert left(person) == whole - done
    shown = person.status()
    assert shown.healthy
    assert shown.drift.steps
    person.restore(name)
    person.world.laws.core_down = 0
    person.up()
    settles(person)


ON = {"kube-api": {"secrets_encryption_config": {"enabled": True}}}


@pytest.fixture
def encrypted_since(folder: Path) -> tuple[Operator, str]:
    """The operator of a cluster that encrypts Secrets since its snapshot, and the name of that."""
    person = made_by_rke(folder, *ROLES)
    person.up()
    store_of(person).secrets["default/password"] = UNENCRYPTED.prefix
    name = person.snapshot()
    person.edit(services=ON)
    person.up()
    person.edit(kubernetes_version=NEW)
    return person, name


@pytest.mark.parametrize(("host", "step"), [("n1", "replace kube-apiserver"), ("n2", MOVE)])
def test_half_way_the_data_of_other_keys_are_restored_too(
    encrypted_since: tuple[Operator, str], host: str, step: str
) -> None:
    person, name = encrypted_since
    stopped_after(person, host, step)
    person.restore(name)
    assert person.state.encryption_change is not None
    person.world.laws.core_down = 0
    person.up()
    assert person.state.encryption_change is None
    (key,) = keys_of(person.state.encryption)["secrets"]
    assert store_of(person).secrets == {"default/password": key.prefix}
    settles(person)


def test_before_that_step_a_change_of_keys_is_finished_first(encrypted_since: tuple[Operator, str]) -> None:
    person, name = encrypted_since
    stopped_after(person, "n1", "replace etcd")
    person.restore(name)
    person.world.laws.core_down = 0
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert "with kubernetes_version as it was" in str(raised.value.problems)
    person.edit(kubernetes_version=VERSION)
    person.up()
    assert person.state.encryption_change is None
    person.edit(kubernetes_version=NEW)
    person.up()
    settles(person)


def test_before_that_step_the_way_back_is_an_edit(person: Operator) -> None:
    stopped_after(person, "n1", "replace etcd")
    assert "etcd" not in of_rke_on(person, "n2")
    person.edit(kubernetes_version=VERSION)
    person.up()
    assert "etcd" in of_rke_on(person, "n2")
    assert_settled(person)


@pytest.mark.parametrize("pki", [{}, {"key_algorithm": "ecdsa-p256"}], ids=["by default", "as asked for"])
def test_rke_can_read_the_state_all_the_way_to_that_step_and_back(folder: Path, pki: dict[str, str]) -> None:
    person = recorded(folder)
    person.up()
    names = person.state.bundle.keys()
    images = person.config.pop("system_images")
    person.edit(kubernetes_version=NEW, pki=pki)
    stopped_after(person, "r2", "replace etcd")
    assert person.state.bundle.keys() > names
    assert other_than_rsa(person) == set()
    person.edit(kubernetes_version=VERSION, pki={}, system_images=images)
    person.up()
    assert person.state.bundle.keys() == names
    assert other_than_rsa(person) == set()
    assert_settled(person)


def other_than_rsa(person: Operator) -> set[str]:
    """Return the names of the certificates in the file whose key RKE's reader ends at."""
    state = json.loads((person.folder / "cluster.rkestate").read_text())
    return {
        name
        for half in ("desiredState", "currentState")
        for name, found in state[half]["certificatesBundle"].items()
        if found["keyPEM"] and not isinstance(read_key(SecretStr(found["keyPEM"])), RSAPrivateKey)
    }


def test_after_it_the_old_version_is_refused(person: Operator) -> None:
    stopped_after(person, "n1", "replace kube-apiserver")
    person.edit(kubernetes_version=VERSION)
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert "no way back" in str(raised.value.problems)


def test_a_core_node_that_does_not_work_in_containerd_is_put_back_and_stops_the_run(person: Operator) -> None:
    breaks(person, kubelet_on("n2"))
    with pytest.raises(RolloutFailed):
        person.up()
    assert moved(person) == ["n1", "n2"]
    assert "kubelet" in of_rke_on(person, "n2")
    mend(person)
    person.up()
    settles(person)


def test_an_api_server_that_does_not_work_is_put_back_with_its_files(person: Operator) -> None:
    path = "/etc/kubernetes/ssl/kube-apiserver.pem"
    before = person.world.machines["n1"].files[path].content
    breaks(person, lambda one: "bad flag" if one.spec.image.endswith(f"kube-apiserver:{NEW}") else "")
    with pytest.raises(RolloutFailed) as raised:
        person.up()
    assert "the old kube-apiserver was put back" in str(raised.value.failures[0])
    assert "healthy either" not in str(raised.value.failures[0])
    assert person.world.machines["n1"].files[path].content == before
    mend(person)
    person.up()
    settles(person)


def test_a_node_that_does_not_become_ready_in_containerd_is_put_back(person: Operator) -> None:
    machine = person.world.machines["n4"]
    person.world.calls.on(
        lambda call: (call.host, call.verb, call.name) == ("n4", "start", "kubelet"),
        lambda: machine.cni.discard("bridge"),
        when=When.BEFORE,
        times=1,
    )
    with pytest.raises(WorkersFailed) as raised:
        person.up()
    assert "n4 is not Ready" in str(raised.value.failures[0])
    assert "RKE's node was put back" in str(raised.value.failures[0])
    assert "either" not in str(raised.value.failures[0])
    assert person.world.laws.violations == []
    person.up()
    settles(person)


def test_a_pod_that_stays_in_containerd_does_not_keep_rkes_kubelet_away(person: Operator) -> None:
    machine = person.world.machines["n4"]

    def refuse() -> None:
        raise EngineError("n4", "a sandbox could not be stopped")

    person.world.calls.on(
        lambda call: (call.host, call.verb, call.name) == ("n4", "start", "kubelet"),
        lambda: machine.cni.discard("bridge"),
        when=When.BEFORE,
        times=1,
    )
    person.world.calls.on(lambda call: (call.host, call.name) == ("n4", "remove-pods"), refuse)
    with pytest.raises(WorkersFailed) as raised:
        person.up()
    (fault,) = raised.value.failures
    assert "RKE's node was put back" in str(fault)
    assert any("pods are left in containerd" in line for line in fault.evidence)
    assert "kubelet" in of_rke_on(person, "n4")
    assert machine.running("kubelet")


def test_an_api_that_is_away_undoes_no_node_that_works(person: Operator) -> None:
    def away() -> None:
        raise ApiUnavailable("no API server answers")

    person.world.calls.on(
        lambda call: (call.verb, call.name) == ("wait", "n4") and kubelet_of_ours(person, "n4"), away, times=ENOUGH
    )
    with pytest.raises(WorkersFailed):
        person.up()
    assert person.world.machines["n4"].running("kubelet")
    assert "kubelet" not in of_rke_on(person, "n4")


def test_a_disruption_budget_keeps_a_host_as_it_is(person: Operator) -> None:
    person.world.faults.budgets["n4"] = "shop/web: the disruption budget allows none"
    with pytest.raises(WorkersFailed):
        person.up()
    assert "kubelet" in of_rke_on(person, "n4")
    assert not store_of(person).nodes["n4"].unschedulable
    person.world.faults.budgets.clear()
    person.up()
    settles(person)


def test_a_worker_that_is_silent_comes_over_once_it_is_back(person: Operator) -> None:
    dead(person, "n5")
    with pytest.raises(WorkersFailed):
        person.up()
    assert store_of(person).left_by_rke
    person.world.machines["n5"].power_on()
    person.world.time.pass_time(60)
    person.next_script()
    person.up()
    assert moved(person) == list(WORKERS)  # as many workers as may be down was one that was
    settles(person)


@pytest.mark.parametrize(
    ("host", "after"), [("n1", "replace etcd"), ("n2", "replace kube-apiserver"), ("n1", MOVE), ("n5", MOVE)]
)
def test_a_host_that_is_gone_for_good_half_way_leaves_and_the_others_go_on(
    person: Operator, host: str, after: str
) -> None:
    stopped_after(person, "n1", after)
    dead(person, host)
    with pytest.raises((PreflightError, WorkersFailed)):
        person.up()
    assert of_rke_on(person, "n4")
    del person.world.machines[host]
    wants(person, *("" if f"n{number}" == host else letters for number, letters in enumerate(ROLES, 1)))
    person.up()
    settles(person)


def test_nobody_takes_its_place_before_all_others_have_come_over(folder: Path) -> None:
    person = taken_over(folder, *ROLES, "")
    stopped_after(person, "n1", MOVE)
    dead(person, "n5")
    wants(person, *ROLES[:4], "", "w")
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert "once every host has left RKE's releases" in str(raised.value.problems)
    wants(person, *ROLES[:4])
    person.up()
    wants(person, *ROLES[:4], "", "w")
    person.up()
    assert_settled(person)


@pytest.mark.parametrize("within", [False, True])
def test_a_host_half_way_can_be_cleaned(person: Operator, within: bool) -> None:
    if within:

        def die() -> None:
            person.world.time.kill()
            raise Crash

        started = ("n1", "start", "kubelet")
        person.world.calls.on(lambda call: (call.host, call.verb, call.name) == started, die, when=When.AFTER)
        with pytest.raises(Crash):
            person.up()
        person.world.calls.forget()
        assert "old-kubelet" in person.world.machines["n1"].containers
        assert kubelet_of_ours(person, "n1")
    else:
        stopped_after(person, "n1", MOVE)
    person.remove()
    for machine in person.world.machines.values():
        assert machine.containers == {}
        assert not machine.addresses


def test_tokens_of_both_kinds_are_good_all_the_way(person: Operator) -> None:
    own = "https://kubernetes.default.svc.cluster.local"

    def issuers() -> set[tuple[str, ...]]:
        servers = (person.world.machines[name].containers["kube-apiserver"] for name in CORE)
        return {
            tuple(word.partition("=")[2] for word in server.words if word.startswith("--service-account-issuer="))
            for server in servers
        }

    assert issuers() == {("rke",)}
    person.up()
    assert issuers() == {("rke", own)}
    server = person.world.machines["n1"].containers["kube-apiserver"]
    assert server.flag("api-audiences") == f"{own},unknown"
    person.edit(kubernetes_version=NEXT)
    person.up()
    assert issuers() == {(own, "rke")}
    assert faults_of(person) == []


def test_the_step_of_no_return_is_asked_for(person: Operator) -> None:
    person.agrees = False
    with pytest.raises(ConsentMissing):
        person.up()
    assert any("kube-apiserver of n1 becomes Kubernetes v1.33.13" in cost for cost in person.asked)
    assert person.script.started == ()
    person.agrees = True
    person.up()
    settles(person)


def goes_on(person: Operator) -> None:
    """Run again after a kill; what RKE left in the cluster is seen by a run at whose start an API server answers."""
    person.world.time.pass_time(1)
    person.up()
    if store_of(person).left_by_rke:
        person.up()
    settles(person)


def left(person: Operator) -> Counter[tuple[str, str]]:
    """Count what is still to do, without the snapshots that come before some of it."""
    return Counter((step.host, _plain(step.title)) for step in person.plan().steps if step.title != SNAPSHOT)


def _plain(title: str) -> str:
    """Return a title without a count: a file that two components read is written in the first one's turn."""
    return re.sub(r"\d+ files?", "files", title)


VARIANTS: dict[str, tuple[tuple[str, ...], dict[str, object]]] = {
    "roles apart": (APART, {}),
    "one host": (("ecw",), {}),
    "encrypted Secrets": (SMALL, {"services": {"kube-api": {"secrets_encryption_config": {"enabled": True}}}}),
    "etcd's own user": (("ecw", "ecw", "ecw"), {"services": {"etcd": {"uid": 52034, "gid": 52034}}}),
    "a DNS cache on nodes": (SMALL, {"dns": {"nodelocal": {"ip_address": "169.254.20.10"}}}),
    "a registry": (
        SMALL,
        {"private_registries": [{"url": "reg.example", "user": "u", "password": "p", "is_default": True}]},
    ),
    "a prefix": (SMALL, {"prefix_path": "/opt/rke"}),
    "canal and nginx": (SMALL, {"network": {"plugin": "canal"}, "ingress": {"provider": "nginx"}, "monitoring": {}}),
    "kubelets' own certificates": (SMALL, {"services": {"kubelet": {"generate_serving_certificate": True}}}),
    "no recurring snapshots": (SMALL, {"services": {"etcd": {"snapshot": False}}}),
    "a network of one's own": (SMALL, {"network": {"plugin": "none"}}),
    "drained as asked": (SMALL, {"upgrade_strategy": {"drain": True}}),
}


def test_what_takes_every_host_for_one_of_ours_waits(person: Operator) -> None:
    for ask in (person.doctor, person.recover_etcd, person.rotate):
        with pytest.raises(UsageError):
            ask()


@pytest.mark.parametrize("name", VARIANTS)
def test_whatever_the_cluster_has_comes_over(folder: Path, name: str) -> None:
    roles, config = VARIANTS[name]
    person = taken_over(folder, *roles, **config)
    person.up()
    assert faults_of(person) == []
    assert all(of_rke_on(person, machine) == [] for machine in person.world.machines)
    assert person.up().plan.empty


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("step", [4, 7, 11, 14, 18, 22])
def test_killed_at_a_step(folder: Path, step: int, when: When) -> None:
    person = taken_over(folder, *SMALL)
    assert person.killed_up(step, when)
    goes_on(person)


@pytest.mark.parametrize(("call", "when"), [(150, When.BEFORE), (420, When.AFTER), (560, When.BEFORE)])
def test_killed_at_a_call(folder: Path, call: int, when: When) -> None:
    person = taken_over(folder, *SMALL)
    assert person.killed_at_call(call, when)
    goes_on(person)


@pytest.mark.parametrize("when", When)
def test_killed_again_and_again_while_a_node_is_put_back(folder: Path, when: When) -> None:
    person = taken_over(folder, *SMALL)
    breaks(person, kubelet_on("n2"))
    with pytest.raises(WorkersFailed):
        person.up()
    mark = len(person.world.calls.log)
    with pytest.raises(WorkersFailed):
        person.up()
    calls = len(person.world.calls.log) - mark
    for call in range(5, calls, 17):
        assert person.killed_at_call(call, when)
    mend(person)
    goes_on(person)


@pytest.mark.long
@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("reboots", [False, True])
@pytest.mark.parametrize("roles", [SMALL, APART])
def test_killed_at_every_step(roles: tuple[str, ...], reboots: bool, when: When, tmp_path: Path) -> None:
    for step in range(1, ENOUGH):
        folder = tmp_path / str(step)
        folder.mkdir()
        person = taken_over(folder, *roles)
        if not person.killed_up(step, when):
            return
        for machine in person.world.machines.values() if reboots else ():
            machine.reboot()
        person.world.time.pass_time(30 if reboots else 0)
        person.world.laws.core_down = person.world.laws.workers_down = 0
        goes_on(person)


@pytest.mark.long
@pytest.mark.parametrize("when", When)
def test_killed_at_every_call(when: When, tmp_path: Path) -> None:
    for call in range(1, ENOUGH):
        folder = tmp_path / str(call)
        folder.mkdir()
        person = taken_over(folder, *SMALL)
        if not person.killed_at_call(call, when):
            return
        goes_on(person)
