"""``state recover`` and what hosts do not have: the keys of earlier snapshots, and hosts that left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from rke_py.errors import PreflightError
from rke_py.pki.encryption import keys_of
from rke_py.state.codec import encode
from rke_py.workflows.encryption import Wish
from rke_py.workflows.recovery import Source
from tests.sim.expect import store_of
from tests.sim.left_by_rke import made_by_rke
from tests.workflows.changes import dead, wants

ENCRYPTED = {"kube-api": {"secrets_encryption_config": {"enabled": True}}}
NO_RECURRING = {"etcd": {"backup_config": {"enabled": False}}}


def names(person) -> list[str]:
    """Return the names of the keys that are remembered for snapshots."""
    return [key.name for key in person.state.retired_keys]


def written(person) -> str:
    """Return the name of the key that API servers write with."""
    return keys_of(person.state.encryption)["secrets"][0].name


@pytest.fixture
def rotated(running):
    """The operator of a cluster with a snapshot of before the last change of the encryption key; none recurs."""
    person = running("ecw", "w", services=ENCRYPTED | NO_RECURRING)
    person.preload()
    person.state_key = SecretStr("a state key")
    person.snapshot("monday")
    person.encrypt(Wish.ROTATE_KEY)
    return person


@pytest.fixture
def recurring(running):
    """The operator of a cluster with another encryption key than at first, and the state on members' hosts."""
    person = running("ecw", "w", services=ENCRYPTED)
    person.state_key = SecretStr("a state key")
    person.encrypt(Wish.ROTATE_KEY)
    return person


def test_from_hosts_the_keys_of_the_file_that_was_there_are_kept(rotated):
    before = names(rotated)
    found = rotated.recover(Source.HOSTS)
    assert before
    assert names(rotated) == before
    assert "keys" not in " ".join(found.missing)


def test_from_hosts_the_private_keys_of_the_file_that_was_there_are_kept(rotated):
    assert rotated.recover(Source.HOSTS).lost == ()


def test_from_hosts_alone_the_keys_that_are_lost_are_told(rotated):
    (rotated.folder / "cluster.rkestate").unlink()
    found = rotated.recover(Source.HOSTS)
    assert names(rotated) == []
    assert any(line.startswith("keys that Secrets were encrypted with before") for line in found.missing)
    with pytest.raises(PreflightError) as caught:
        rotated.restore("monday")
    assert "rke-py state recover --from snapshot --snapshot monday" in str(caught.value.problems)


def test_from_hosts_the_encrypted_state_for_recurring_snapshots_gives_what_files_do_not(recurring):
    before = recurring.state
    (recurring.folder / "cluster.rkestate").unlink()
    recurring.world.machines["n1"].containers["kube-apiserver"].stop()
    found = recurring.recover(Source.HOSTS)
    assert found.lost == ()
    assert recurring.state.retired_keys == before.retired_keys
    assert recurring.state.lineage == before.lineage
    assert "keys" not in " ".join(found.missing)


def test_with_another_state_key_hosts_give_what_their_files_have(recurring):
    (recurring.folder / "cluster.rkestate").unlink()
    recurring.state_key = SecretStr("another key")
    assert recurring.recover(Source.HOSTS).lost
    assert names(recurring) == []


def test_from_a_snapshot_the_key_that_was_written_with_then_is_kept(rotated):
    before = names(rotated)
    (rotated.folder / "cluster.rkestate").unlink()
    found = rotated.recover(Source.SNAPSHOT, "monday")
    assert names(rotated) == before
    assert any(line.startswith("keys that Secrets were encrypted with between") for line in found.missing)
    rotated.up()
    assert names(rotated) == before


def test_each_snapshot_brings_the_keys_of_its_time_to_those_that_are_known(rotated):
    monday, tuesday = names(rotated)[0], written(rotated)
    rotated.snapshot("tuesday")
    rotated.encrypt(Wish.ROTATE_KEY)
    (rotated.folder / "cluster.rkestate").unlink()
    rotated.recover(Source.HOSTS)
    rotated.recover(Source.SNAPSHOT, "monday")
    assert names(rotated) == [monday]
    rotated.recover(Source.SNAPSHOT, "tuesday")
    assert names(rotated) == [monday, tuesday]


def test_of_a_snapshot_since_which_no_key_changed_no_key_is_said_to_be_missing(rotated):
    before = names(rotated)
    rotated.snapshot("tuesday")
    (rotated.folder / "cluster.rkestate").unlink()
    found = rotated.recover(Source.SNAPSHOT, "tuesday")
    assert names(rotated) == before
    assert "keys" not in " ".join(found.missing)


def test_the_file_of_another_cluster_gives_no_keys(rotated, running):
    foreign = encode(replace(rotated.state, lineage="of another"))
    other = running("ecw", cluster_name="other")
    (other.folder / "cluster.rkestate").write_bytes(foreign)
    other.recover(Source.HOSTS)
    assert names(other) == []


def test_a_forgotten_host_of_the_file_that_was_there_is_still_told_of(running):
    person = running("ecw", "w", "w")
    dead(person, "n3")
    wants(person, "ecw", "w", "")
    person.up()
    person.recover(Source.HOSTS)
    assert person.state.hosts["n3"].forgotten


def test_from_hosts_alone_it_is_told_that_hosts_which_left_are_not_known(running):
    person = running("ecw", "w")
    (person.folder / "cluster.rkestate").unlink()
    assert any("rke-py node clean" in line for line in person.recover(Source.HOSTS).missing)


def test_without_an_api_server_the_file_that_was_there_tells_which_cluster_it_is(running):
    person = running("ecw", "w")
    before = person.state.lineage
    person.world.machines["n1"].containers["kube-apiserver"].stop()
    person.recover(Source.HOSTS)
    assert person.state.lineage == before


def test_from_the_copy_nothing_is_missing(rotated):
    before = names(rotated)
    (rotated.folder / "cluster.rkestate").unlink()
    found = rotated.recover()
    assert (found.source, found.missing) == (Source.COPY, ())
    assert names(rotated) == before


def test_from_the_copy_that_rke_wrote_the_keys_of_the_file_that_was_there_are_kept(folder):
    person = made_by_rke(folder, "ecw", "w")
    copy = (person.folder / "cluster.rkestate").read_bytes()
    person.up()
    for enabled in (True, False):
        person.edit(services={"kube-api": {"secrets_encryption_config": {"enabled": enabled}}})
        person.up()
    before = names(person)
    store_of(person).copy = copy
    person.recover(Source.COPY)
    assert before
    assert names(person) == before
