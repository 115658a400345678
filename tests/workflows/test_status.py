"""``status``: what runs, and how well."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from rke_py.cli.status_text import status_lines
from rke_py.errors import ApiUnavailable, RkeError, UsageError
from rke_py.rollout.history import Ending
from rke_py.state.cluster_copy import cluster_copy
from rke_py.workflows.drift import Drift
from rke_py.workflows.status import ClusterStatus, watched
from tests.sim.calls import When
from tests.sim.machine import Machine
from tests.sim.operator import Operator

ROLES = ("ecw", "ecw", "ecw", "w")


def test_a_cluster_that_is_up(running):
    status = running(*ROLES).status()
    assert status.healthy
    assert [(host.name, host.ready, host.version) for host in status.hosts] == [
        (name, True, "v1.34.4") for name in ("n1", "n2", "n3", "n4")
    ]
    assert sorted(member.name for member in status.etcd) == ["etcd-n1", "etcd-n2", "etcd-n3"]
    assert [member.leader for member in status.etcd].count(True) == 1


def etcd_stopped(machine: Machine) -> None:
    machine.containers["etcd"].stop()
    machine.world.elect()


def apiserver_gone(machine: Machine) -> None:
    del machine.containers["kube-apiserver"]


def no_power(machine: Machine) -> None:
    machine.power_off()


def kubelet_stopped(machine: Machine) -> None:
    machine.containers["kubelet"].stop()
    machine.world.time.pass_time(60)


@pytest.mark.parametrize(
    "damage", [etcd_stopped, apiserver_gone, no_power, kubelet_stopped], ids=lambda damage: damage.__name__
)
def test_a_host_that_is_not_well_is_named(running, damage):
    person = running(*ROLES)
    damage(person.world.machines["n2"])
    person.world.time.pass_time(15)
    status = person.status()
    assert not status.healthy
    sick = [h.name for h in status.hosts if h.fault or not h.ready or not all(c.healthy for c in h.components)]
    assert sick == ["n2"]


def test_without_an_api_server_the_rest_is_told(running):
    person = running("ecw", "w")
    del person.world.machines["n1"].containers["kube-apiserver"]
    status = person.status()
    assert not status.api
    assert [member.healthy for member in status.etcd] == [True]
    assert [host.ready for host in status.hosts] == [None, None]


def test_a_status_changes_nothing(running):
    person = running(*ROLES)
    mark = len(person.world.calls.log)
    person.status()
    assert [call for call in person.world.calls.since(mark) if call.changing] == []


def test_at_rest_nothing_differs_and_the_last_run_is_done(running):
    status = running(*ROLES).status()
    assert status.drift == Drift()
    assert status.last_run is not None
    assert (status.last_run.ending, status.last_run.at) == (Ending.DONE, "")
    assert status.warnings == ()
    assert [one.days for one in status.ending] == [364]


def test_what_differs_from_cluster_yml_is_told(running):
    person = running(*ROLES)
    person.edit(services={"kubelet": {"extra_args": {"v": "3"}}})
    status = person.status()
    assert status.healthy
    assert {difference.host for difference in status.drift.steps} == {"n1", "n2", "n3", "n4"}


@pytest.mark.parametrize("name", ["n1", "n4"])
def test_what_differs_is_told_without_a_host_that_is_away(running, name):
    person = running(*ROLES)
    person.edit(services={"kubelet": {"extra_args": {"v": "3"}}})
    person.world.machines[name].power_off()
    others = {"n1", "n2", "n3", "n4"} - {name}
    assert {difference.host for difference in person.status().drift.steps} >= others


def test_a_host_that_is_away_is_named_where_nothing_else_differs(running):
    person = running(*ROLES)
    person.world.machines["n4"].power_off()
    drift = person.status().drift
    assert (drift.steps, drift.unseen, drift.unknown) == ((), ("n4",), "")


def test_without_a_host_that_answers_nobody_can_tell_what_differs(running):
    person = running("ecw")
    person.world.machines["n1"].power_off()
    assert person.status().drift.unknown == "no host answers"


def test_a_state_that_is_older_cannot_tell_what_differs(running):
    person = running(*ROLES)
    person.world.groups[-1].store.copy = cluster_copy(replace(person.state, serial=99))
    assert "is older than" in person.status().drift.unknown


def with_a_blip(person: Operator, verb: str) -> None:
    """Let the API answer once, to a call of this kind, as it does while etcd changes its leader."""

    def refuse() -> None:
        raise ApiUnavailable("etcdserver: leader changed", status=500)

    person.world.calls.on(lambda call: call.verb == verb, refuse)


def test_an_api_server_that_goes_before_it_told_the_nodes_is_one_that_does_not_answer(running):
    person = running(*ROLES)
    with_a_blip(person, "nodes")
    status = person.status()
    assert not status.api
    assert [host.fault for host in status.hosts] == ["", "", "", ""]


@pytest.mark.parametrize("verb", ["client_cas", "compare", "read_copy"])
def test_what_differs_is_unknown_when_the_api_goes_before_it_could_be_compared(running, verb):
    person = running(*ROLES)
    with_a_blip(person, verb)
    status = person.status()
    assert status.healthy
    assert status.drift == Drift(unknown="etcdserver: leader changed")


def test_a_watch_goes_on_after_a_look_that_failed(running):
    person, seen = running(*ROLES), list[bool | str]()
    person.stops = lambda: len(seen) == 3

    def save_half() -> None:
        if len(seen) == 1:
            person.path.write_text("nodes: [")
        else:
            person.write()

    for found in watched(person.context(), save_half):
        seen.append(type(found).__name__ if isinstance(found, RkeError) else found.healthy)
    assert seen == [True, "ConfigError", True]


def test_a_run_that_is_at_work_is_told_with_who_it_is(running):
    person, seen = running(*ROLES), list[ClusterStatus]()
    person.edit(services={"kubelet": {"extra_args": {"v": "3"}}})
    person.script.at(lambda _, count: count == 2 and not seen, lambda: seen.append(person.status()))
    person.up()
    last = seen[0].last_run
    assert last is not None
    assert last.ending is Ending.UNDER_WAY
    assert f"process {os.getpid()}, since" in last.by


def test_a_run_that_was_killed_is_told(running):
    person = running(*ROLES)
    person.edit(services={"kubelet": {"extra_args": {"v": "3"}}})
    assert person.killed_up(2, When.BEFORE)
    last = person.status().last_run
    assert last is not None
    assert last.ending is Ending.CUT_SHORT


def test_certificates_that_end_soon_are_named(running):
    person = running(*ROLES)
    person.world.time.pass_time(320 * 24 * 3600)
    status = person.status()
    assert len(status.ending) > 10
    assert any("more certificates" in str(warning) for warning in status.warnings)


def test_before_the_first_up_there_is_nothing_to_tell(operator):
    with pytest.raises(UsageError, match="there is no"):
        operator("ecw").status()


def test_a_cluster_of_rkes_own_releases_is_refused_by_name(running):
    person = running("ecw")
    person.edit(kubernetes_version="v1.32.2-rancher1-1")
    mark = len(person.world.calls.log)
    with pytest.raises(UsageError, match=r"of RKE's own releases .* is not built yet"):
        person.status()
    assert person.world.calls.since(mark) == ()


def test_the_last_recurring_snapshot_is_shown_and_a_late_one_warned_of(running):
    person = running(*ROLES)
    status = person.status()
    assert {backup.last for backup in status.backups} == {"20261126T000000Z_etcd"}
    assert "last recurring snapshot on n1, n2, n3: 2026-11-26 00:00 UTC, 20261126T000000Z_etcd" in [
        *status_lines(status)
    ]
    person.world.machines["n2"].backup = {"late": True, "error": "no space left on device"}
    late = person.status()
    assert late.healthy, "a late snapshot breaks nothing yet"
    assert [problem.where for problem in late.warnings] == ["n2"]
    assert "late, the last good one is of 2026-11-26T00:00:09+00:00: no space left" in late.warnings[0].what
    finding = next(finding for finding in person.doctor().findings if finding.check == "snapshots")
    assert (finding.where, finding.warning) == ("n2", True)


def test_a_copy_that_no_member_could_make_is_warned_of(running):
    person = running(*ROLES)
    name = "20261126T000000Z_etcd"
    person.world.machines["n1"].backup = {"s3": True, "copy_error": "Connection refused"}
    assert [problem.where for problem in person.status().warnings] == ["n1"]
    person.world.machines["n2"].backup = {"s3": True, "copied": name}
    status = person.status()
    assert status.warnings == ()
    assert [line for line in status_lines(status) if line.endswith(", in S3")]
