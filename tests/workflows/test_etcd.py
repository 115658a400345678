"""What ``up`` does to etcd members that are not as they should be."""

from __future__ import annotations

from tests.sim.expect import faults_of

THREE = ("ecw", "ecw", "ecw", "w")
OTHER_ARGUMENTS = {"etcd": {"extra_args": {"snapshot-count": "20000"}}}


def test_a_member_that_does_not_run_is_mended_before_another_is_taken_down(running):
    person = running(*THREE)
    person.world.machines["n3"].containers["etcd"].stop()
    person.edit(services=OTHER_ARGUMENTS)
    person.up()
    touched = [host for host, step in person.script.started if step == "replace etcd"]
    assert touched[0] == "n3"
    assert faults_of(person) == []
