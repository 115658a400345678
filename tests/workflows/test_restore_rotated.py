"""A snapshot from before another CA, or another service-account key: what rests on those of then is made anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rke_py.errors import ApiError, RolloutFailed, WorkersFailed
from rke_py.pki.rotation import Kind, Phase, key_id
from rke_py.plan.steps import Workload
from rke_py.progress import Warned
from tests.sim.calls import When
from tests.sim.expect import faults_of, store_of
from tests.sim.operator import Operator

DNS = Workload(namespace="kube-system", kind="Deployment", name="coredns")
SHOP = Workload(namespace="shop", kind="Deployment", name="web")


@pytest.fixture
def saved(running) -> Operator:
    """The operator of a cluster with pods of an add-on's and of somebody's, and a snapshot of it."""
    person = running("ecw", "w")
    person.preload()
    store_of(person).workloads = dict.fromkeys((DNS, SHOP), person.world.now - timedelta(hours=1))
    person.snapshot("monday")
    person.world.time.pass_time(60)
    return person


def restarts(script) -> list[str]:
    return [step for _, step in script.started if step.startswith("restart Deployment")]


def warnings(person: Operator) -> list[str]:
    return [event.problem.what for event in person.script.events if isinstance(event, Warned)]


def restored(person: Operator):
    script = person.next_script()
    person.restore("monday")
    return script


def test_addons_are_restarted_and_other_workloads_named(saved):
    saved.rotate(Kind.AUTHORITIES, restart_workloads=True)
    saved.rotate(Kind.AUTHORITIES, finish=True)
    script = restored(saved)
    assert restarts(script) == [f"restart {DNS}"]
    assert any(f"until they are restarted: {SHOP}" in warning for warning in warnings(saved))
    assert faults_of(saved) == []


def test_nothing_is_restarted_while_the_ca_is_the_one_of_then(saved):
    assert restarts(restored(saved)) == []


def test_a_worker_that_does_not_come_back_keeps_no_addon_from_the_present_ca(saved):
    saved.rotate(Kind.AUTHORITIES, restart_workloads=True)
    saved.rotate(Kind.AUTHORITIES, finish=True)
    broken = [lambda each: "panic" if (each.machine.name, each.spec.name) == ("n2", "kubelet") else ""]
    saved.world.faults.on_start += broken
    script = saved.next_script()
    with pytest.raises(WorkersFailed, match="restart kubelets/n2"):
        saved.restore("monday")
    assert restarts(script) == [f"restart {DNS}"]


def signing_key(person: Operator) -> str:
    return key_id(person.state.bundle["kube-service-account-token"])


def with_token(person: Operator, key: str) -> None:
    """Put the token of a Secret that a key signed into the snapshot and the cluster."""
    store_of(person).tokens = {"ci/deployer": key}
    person.snapshot("monday")


def test_tokens_of_a_service_account_key_that_was_dropped_are_made_anew(saved):
    with_token(saved, signing_key(saved))
    saved.rotate(Kind.SERVICE_ACCOUNT)
    store_of(saved).workloads = {}
    saved.rotate(Kind.SERVICE_ACCOUNT, finish=True)
    script = restored(saved)
    assert ("", "renew the tokens in Secrets") in script.started
    assert store_of(saved).tokens == {"ci/deployer": signing_key(saved)}


@pytest.mark.parametrize("says", [True, False])
def test_tokens_are_left_alone_while_the_key_is_the_one_of_then(saved, says):
    with_token(saved, signing_key(saved) if says else "")
    assert ("", "renew the tokens in Secrets") not in restored(saved).started


def test_what_failed_is_done_by_the_next_run(saved):
    def refuse() -> None:
        raise ApiError("it was refused")

    saved.rotate(Kind.AUTHORITIES, restart_workloads=True)
    saved.rotate(Kind.AUTHORITIES, finish=True)
    saved.world.calls.on(lambda call: call.verb == "restart_workload", refuse)
    with pytest.raises(RolloutFailed):
        saved.restore("monday")
    saved.up()
    assert "a restore of monday was begun and not finished; its data are in use" in warnings(saved)
    assert restarts(restored(saved)) == [f"restart {DNS}"]
    assert saved.state.restore is None


def finished(person: Operator, kind: Kind) -> None:
    """Bring a rotation to its end."""
    for finish in (False, False, True):
        if person.state.rotation is not None and not (finish and person.state.rotation.phase is Phase.TRUST):
            person.rotate(kind, finish=finish, restart_workloads=True, force=True)


@pytest.mark.thorough
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("roll", [0, 1], ids=["first command", "last roll"])
@pytest.mark.parametrize("kind", [Kind.AUTHORITIES, Kind.SERVICE_ACCOUNT], ids=["CA", "key"])
def test_it_comes_to_its_end_in_the_middle_of_any_roll(running, kind, roll, share):
    person = running("ecw", "ecw", "ecw", "w")
    person.preload()
    store_of(person).workloads = dict.fromkeys((DNS, SHOP), person.world.now - timedelta(hours=1))
    with_token(person, signing_key(person))
    person.world.time.pass_time(60)
    commands = [
        lambda: person.rotate(kind, restart_workloads=True, force=True),
        lambda: person.rotate(kind, finish=True, restart_workloads=True, force=True),
    ]
    for command in commands[:roll]:
        command()
    length = _calls_of(person, commands[roll])
    assert person.killed_at_call(int(length * share), When.BEFORE, commands[roll])
    person.world.time.pass_time(60)
    person.restore("monday")
    assert person.state.restore is None
    person.up()
    finished(person, kind)
    person.world.time.pass_time(60)
    assert faults_of(person) == []
    assert person.up().plan.empty


def _calls_of(person: Operator, command) -> int:
    """Count the calls of a command, in a copy of the world."""
    files, world = person.files(), person.world
    person.world = world.copy()
    before = len(person.world.calls.log)
    command()
    count = len(person.world.calls.log) - before
    person.world = world
    for path in person.folder.iterdir():
        path.unlink()
    for name, content in files.items():
        (person.folder / name).write_bytes(content)
        (person.folder / name).chmod(0o600)
    return count
