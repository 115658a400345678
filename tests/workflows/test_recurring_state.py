"""The state beside recurring snapshots: encrypted, on every member's host, and as new as the cluster's own copy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from rke_py.errors import ApiError, EngineError, RolloutFailed, WorkersFailed
from rke_py.pki.rotation import Kind
from rke_py.progress import Finished, StepStarted, Warned
from rke_py.state.cluster_copy import read_copy
from rke_py.state.model import State
from rke_py.workflows.encryption import Wish
from tests.sim.container import Container
from tests.sim.expect import faults_of
from tests.sim.operator import Operator

NAME, STATE = "etcd-rolling-snapshots", "/etc/kubernetes/etcd-snapshots.rkestate"
KEY, ANOTHER = SecretStr("correct horse"), SecretStr("battery staple")
KEEPS = "keep the state, encrypted, for recurring snapshots"
MORE_LOGS = {"kubelet": {"extra_args": {"v": "4"}}}


@pytest.fixture
def keyed(running) -> Operator:
    """The operator of a cluster that has had a state key from its last run on."""
    person = running("ec", "e", "e", "w")
    person.state_key = KEY
    person.up()
    return person


def held(person: Operator) -> dict[str, State]:
    """What lies on hosts, opened with the operator's key."""
    there = {name: machine.files.get(STATE) for name, machine in person.world.machines.items()}
    return {name: read_copy(file.content, person.state_key) for name, file in there.items() if file}


def raw(person: Operator) -> dict[str, bytes]:
    return {name: m.files[STATE].content for name, m in person.world.machines.items() if STATE in m.files}


def serials(person: Operator) -> set[int]:
    return {state.serial for state in held(person).values()}


def keeping(person: Operator) -> list[str]:
    return [host for host, step in person.script.started if step == KEEPS]


def attention(person: Operator) -> str:
    return "\n".join(line for event in person.script.events if isinstance(event, Finished) for line in event.attention)


def test_with_a_state_key_every_member_has_the_state_for_root_alone(keyed):
    assert held(keyed).keys() == {"n1", "n2", "n3"}
    assert {state.lineage for state in held(keyed).values()} == {keyed.state.lineage}
    assert serials(keyed) == {keyed.state.serial}
    assert {keyed.world.machines[name].files[STATE].mode for name in ("n1", "n2", "n3")} == {0o600}
    authority = keyed.state.bundle["kube-ca"].key.get_secret_value()
    assert not any(authority.encode() in content for content in raw(keyed).values())


def test_without_one_there_is_none(running):
    person = running("ec", "e", "e", "w")
    person.up()
    assert raw(person) == {}
    assert attention(person) == ""


def test_a_second_run_brings_it_nowhere(keyed):
    keyed.next_script()
    assert keyed.up().plan.empty
    assert keyed.script.started == ()
    assert keyed.plan().empty


def test_in_a_new_cluster_it_is_there_before_the_first_snapshot_can_be(operator):
    person = operator("ec", "e", "w")
    person.state_key = KEY
    person.up()
    for host in ("n1", "n2"):
        steps = [step for name, step in person.script.started if name == host]
        assert steps.index(KEEPS) < steps.index(f"start {NAME}")
    assert serials(person) == {person.state.serial}
    assert person.up().plan.empty


def test_it_follows_the_state(keyed):
    before = keyed.state.serial
    keyed.edit(services=MORE_LOGS)
    keyed.up()
    assert serials(keyed) == {keyed.state.serial}
    assert keyed.state.serial > before


@pytest.mark.parametrize("kind", [Kind.LEAVES, Kind.AUTHORITIES])
def test_it_follows_a_rotation(keyed, kind):
    keyed.rotate(kind)
    assert serials(keyed) == {keyed.state.serial}
    assert {state.bundle["kube-ca"].certificate for state in held(keyed).values()} == {
        keyed.state.bundle["kube-ca"].certificate
    }


def test_it_has_a_new_key_before_an_api_server_has_it(keyed):
    def look() -> None:
        found.update(state.encryption for state in held(keyed).values())

    found: set[str] = set()
    before = keyed.state.encryption
    keyed.edit(services={"kube-api": {"secrets_encryption_config": {"enabled": True}}})
    keyed.next_script().at(lambda event, _: "kube-apiserver" in event.step and isinstance(event, StepStarted), look)
    keyed.encrypt(Wish.ENABLE)
    assert found
    assert before not in found
    assert {state.encryption for state in held(keyed).values()} == {keyed.state.encryption}


def _sick(container: Container) -> str:
    return "sick" if container.machine.name == "n4" and container.spec.name == "kubelet" else ""


def test_a_run_that_fails_half_way_has_left_what_it_wanted(keyed):
    keyed.world.faults.on_check.append(_sick)
    keyed.edit(services=MORE_LOGS)
    with pytest.raises(WorkersFailed):
        keyed.up()
    assert serials(keyed) == {keyed.state.serial}


def test_another_key_takes_the_first_ones_place(keyed):
    keyed.state_key = ANOTHER
    keyed.up()
    assert serials(keyed) == {keyed.state.serial}


def test_a_run_without_the_key_leaves_it_and_says_that_it_is_old(keyed):
    before = raw(keyed)
    keyed.state_key = None
    keyed.push(force=True)
    keyed.edit(services=MORE_LOGS)
    keyed.next_script()
    keyed.up()
    assert raw(keyed) == before
    assert "n2: recurring snapshots get an older state beside them" in attention(keyed)
    keyed.state_key = KEY
    keyed.next_script()
    keyed.up()
    assert sorted(keeping(keyed)) == ["n1", "n2", "n3"]
    assert "older state" not in attention(keyed)


def test_a_member_that_joins_gets_it(keyed):
    keyed.config["nodes"][3]["role"] = ["etcd", "worker"]
    keyed.write()
    keyed.up()
    assert held(keyed).keys() == {"n1", "n2", "n3", "n4"}
    assert serials(keyed) == {keyed.state.serial}


def test_it_goes_with_the_role(keyed):
    keyed.config["nodes"][2]["role"] = ["worker"]
    keyed.write()
    keyed.up()
    assert held(keyed).keys() == {"n1", "n2"}
    assert faults_of(keyed) == []


def test_it_goes_with_the_schedule_also_without_the_key(keyed):
    keyed.state_key = None
    keyed.push(force=True)
    keyed.edit(services={"etcd": {"snapshot": False}})
    keyed.up()
    assert raw(keyed) == {}
    assert keyed.up().plan.empty


def test_where_it_cannot_be_written_the_run_says_so_and_does_the_rest(keyed):
    keyed.edit(services=MORE_LOGS)

    def fill() -> None:
        keyed.world.machines["n2"].disk_full = True

    keyed.next_script().at(lambda event, _: event.step == "wait until the node is Ready" and event.host == "n4", fill)
    with pytest.raises(RolloutFailed, match="n2"):
        keyed.up()
    keyed.world.machines["n2"].disk_full = False
    keyed.script.events.clear()
    assert keyed.up().plan.empty
    assert serials(keyed) == {keyed.state.serial}


def recurring(person: Operator, name: str) -> None:
    """Take a snapshot as the container on each member does: with what lies beside its schedule."""
    there, key = raw(person), person.state_key
    person.state_key = None
    person.snapshot(name)
    person.state_key = key
    for host, content in there.items():
        snapshots = person.world.machines[host].snapshots
        (path,) = (path for path in snapshots if path.endswith(name))
        snapshots[path] = replace(snapshots[path], state=content)


def test_a_cluster_comes_back_from_a_recurring_snapshot_with_the_state_lost(keyed, folder):
    keyed.preload()
    recurring(keyed, "20261126T050000Z_etcd")
    authority, lineage = keyed.state.bundle["kube-ca"], keyed.state.lineage
    (folder / "cluster.rkestate").unlink()
    keyed.restore("20261126T050000Z_etcd")
    keyed.up()
    assert (keyed.state.bundle["kube-ca"], keyed.state.lineage) == (authority, lineage)
    assert serials(keyed) == {keyed.state.serial}
    assert keyed.up().plan.empty


def test_after_a_restore_it_is_the_state_of_now(keyed):
    keyed.preload()
    recurring(keyed, "20261126T050000Z_etcd")
    keyed.restore("20261126T050000Z_etcd")
    assert serials(keyed) == {keyed.state.serial}


def test_only_some_hosts_leaves_it_alone_on_the_others(keyed):
    keyed.only = frozenset({"n4"})
    keyed.edit(services=MORE_LOGS)
    keyed.next_script()
    keyed.up()
    assert keeping(keyed) == []


def test_the_last_run_is_the_whole_run_and_not_what_it_did_for_this(keyed):
    keyed.edit(services=MORE_LOGS)
    keyed.next_script()
    keyed.up()
    assert keeping(keyed)
    assert keyed.status().last_run.steps == len(keyed.script.started)


@pytest.mark.parametrize(("verb", "command"), [("write_copy", "rke-py state push"), ("run", "rke-py up")])
def test_a_restore_is_over_also_where_its_state_cannot_be_kept(keyed, verb, command):
    """Told to run the same again an operator would begin another restore, over what was written since."""
    keyed.preload()
    recurring(keyed, "20261126T050000Z_etcd")

    def refuse() -> None:
        raise ApiError("no") if verb == "write_copy" else EngineError("n2", "no space left on device")

    def refuse_once_it_is_over() -> None:
        keyed.world.calls.forget()
        keyed.world.calls.on(lambda call: call.verb == verb and keyed.state.restore is None, refuse)

    at_its_end = "keep the data of the last 2 restores aside"
    keyed.next_script().at(lambda event, _: event.step == at_its_end, refuse_once_it_is_over)
    keyed.restore("20261126T050000Z_etcd")
    assert keyed.state.restore is None
    told = [event.problem for event in keyed.script.events if isinstance(event, Warned)]
    assert [problem.hint for problem in told if "the restore is over" in problem.what] == [
        f"Bring it there with: {command}"
    ]
    keyed.up()
    assert serials(keyed) == {keyed.state.serial}
