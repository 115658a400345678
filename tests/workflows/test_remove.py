"""``remove``: the hosts are as they were found, or the state stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rke_py.errors import ConsentMissing, RolloutFailed, StateError, UsageError
from rke_py.plan.containers import ContainerSpec
from rke_py.rollout.history import Ending, last_run
from rke_py.stores.statefile import StateStore
from tests.sim.calls import When
from tests.sim.expect import faults_of
from tests.sim.machine import KeptSnapshot
from tests.sim.store import Held
from tests.sim.world import World

CA = "/etc/kubernetes/ssl/kube-ca.pem"
ROLES = ("ecw", "ecw", "ecw", "w")
SHAPES = [("ecw",), ROLES, ("e", "c", "w"), ("e", "e", "e", "c", "c", "w", "w")]


def found(world: World) -> dict[str, object]:
    return {machine.name: machine.as_found() for machine in world.machines.values()}


@pytest.mark.parametrize("roles", SHAPES, ids=["-".join(roles) for roles in SHAPES])
def test_the_hosts_are_as_they_were_found(operator, roles):
    person = operator(*roles)
    before = found(person.world)
    person.up()
    person.world.time.pass_time(60)
    person.remove()
    assert found(person.world) == before
    left = set(person.files())
    assert left & {"cluster.rkestate", "kube_config_cluster.yml"} == set()
    assert "cluster.rkestate.removed" in left


def test_another_clusters_host_is_refused_by_name(running):
    person = running("ecw", "ecw", "ecw", "w")
    machine = person.world.machines["n4"]
    authority = machine.files[CA]
    other = b"-----BEGIN CERTIFICATE-----\nMIIBother\n-----END CERTIFICATE-----\n"
    machine.files[CA] = replace(authority, content=other)
    before = found(person.world)
    with pytest.raises(UsageError, match="n4: another cluster's CA lies there"):
        person.remove()
    assert found(person.world) == before
    assert person.has_state


def test_a_machine_on_which_this_cluster_never_was_is_left_as_it_is(running):
    person = running("ecw", "w")
    nodes = person.config["nodes"]
    stranger = person.world.machines["n2"]
    person.edit(nodes=nodes[:1])
    person.up()
    stranger.pods.add("somebody-else")
    stranger.etcd_data = person.world.machines["n1"].etcd_data
    person.edit(nodes=nodes)
    person.remove()
    assert stranger.pods == {"somebody-else"}
    assert stranger.etcd_data is not None
    assert any(cost.startswith("n2: nothing of this cluster was found") for cost in person.asked)
    assert person.world.machines["n1"].containers == {}


def test_the_state_of_an_earlier_cluster_is_kept_beside(operator):
    person = operator("ecw")
    person.up()
    first = person.state.lineage
    person.remove()
    person.up()
    person.remove()
    kept = [StateStore(path).read() for path in sorted(person.folder.glob("cluster.rkestate.removed*"))]
    assert [state.lineage == first for state in kept] == [True, False]


def test_without_a_state_it_is_told_whose_the_hosts_are(running):
    person = running("ecw")
    (person.folder / "cluster.rkestate").unlink()
    person.remove()
    assert any("a part of ANOTHER cluster, whose CA was made on" in cost for cost in person.asked)


def test_what_belongs_to_others_stays(running):
    person = running("ecw")
    machine = person.world.machines["n1"]
    machine.create(ContainerSpec(name="registry", image=next(iter(machine.images)), entrypoint=("serve",)))
    machine.snapshots["/opt/rke/etcd-snapshots/monday"] = KeptSnapshot()
    person.remove()
    assert set(machine.containers) == {"registry"}
    assert machine.snapshots.keys() == {"/opt/rke/etcd-snapshots/monday"}


def test_snapshots_go_when_that_is_asked_for(running):
    person = running("ecw")
    person.world.machines["n1"].snapshots["/opt/rke/etcd-snapshots/monday"] = KeptSnapshot()
    person.remove(snapshots=True)
    assert person.world.machines["n1"].snapshots == {}
    assert any("snapshots" in cost for cost in person.asked)


def test_nothing_is_removed_without_consent(running):
    person = running(*ROLES)
    before = found(person.world)
    person.agrees = False
    with pytest.raises(ConsentMissing):
        person.remove()
    assert found(person.world) == before
    assert faults_of(person) == []


def test_a_host_that_does_not_answer_keeps_the_state(running):
    person = running(*ROLES)
    machine = person.world.machines["n4"]
    machine.reachable = False
    with pytest.raises(RolloutFailed) as caught:
        person.remove()
    assert [fault.where for fault in caught.value.failures] == ["n4"]
    assert person.has_state
    machine.reachable = True
    person.remove()
    assert machine.containers == {}
    assert not person.has_state


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("step", [1, 4, 9, 15, 20])
def test_a_removal_that_was_killed_is_finished_by_the_next(running, step, when):
    person = running(*ROLES)
    assert person.killed(person.remove, step, when)
    person.remove()
    assert all(machine.containers == {} and not machine.files for machine in person.world.machines.values())
    assert not person.has_state


def test_a_new_cluster_can_be_made_on_the_same_hosts(running):
    person = running(*ROLES)
    first = person.state
    person.remove()
    person.world.groups.clear()
    person.world.laws.violations.clear()
    person.up()
    assert faults_of(person) == []
    assert person.state.lineage != first.lineage
    assert person.state.bundle["kube-ca"] != first.bundle["kube-ca"]


def test_half_of_a_new_cluster_is_removed_too(operator):
    person = operator(*ROLES)
    before = found(person.world)
    assert person.killed_up(12, When.BEFORE)
    person.remove()
    assert found(person.world) == before


def test_a_cluster_that_another_run_changes_is_not_removed(running):
    person = running(*ROLES)
    before = found(person.world)
    (group,) = person.world.groups
    group.store.held = Held(holder="somebody elsewhere", run=0)
    with pytest.raises(StateError) as caught:
        person.remove()
    assert "another run changes this cluster: somebody elsewhere" in caught.value.what
    assert found(person.world) == before
    assert person.has_state


def test_a_cluster_of_rkes_own_releases_is_refused_by_name(running):
    person = running("ecw")
    person.edit(kubernetes_version="v1.32.2-rancher1-1")
    mark = len(person.world.calls.log)
    with pytest.raises(UsageError, match=r"of RKE's own releases .* is not built yet"):
        person.remove()
    assert person.world.calls.since(mark) == ()


@pytest.mark.parametrize("off", [("n4",), ("n1", "n2", "n3", "n4")], ids=len)
def test_status_says_that_a_removal_failed_for_hosts_that_do_not_answer(running, off):
    person = running(*ROLES)
    for name in off:
        person.world.machines[name].power_off()
    with pytest.raises(RolloutFailed, match="some hosts could not be reached"):
        person.remove()
    last = last_run(person.context().journal_path)
    assert last is not None
    assert last.ending is Ending.FAILED
    assert all(name in last.error for name in off)
