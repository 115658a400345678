"""How Secrets are encrypted is changed in a cluster that RKE made, while every API server can read each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rke_py.pki.encryption import UNENCRYPTED, keys_of
from rke_py.workflows.encryption import Wish
from tests.sim import secrets
from tests.sim.calls import When
from tests.sim.expect import faults_of, store_of
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator
from tests.workflows.changes import wants

FILE = "/etc/kubernetes/ssl/encryption.yaml"
ON, OFF = ({"kube-api": {"secrets_encryption_config": {"enabled": on}}} for on in (True, False))
SERVERS = ("n1", "n2")


@pytest.fixture
def used(folder: Path) -> Operator:
    """The operator of a cluster with two API servers, through which Secrets are written in turn all the time."""
    person = made_by_rke(folder, "ecw", "cw")
    person.up()
    secrets.write_always(person.world)
    return person


def over(person: Operator) -> str:
    """Expect the change to be over, and return what everything is written with."""
    assert faults_of(person) == []
    assert person.world.laws.core_down <= 1
    assert person.state.encryption_change is None
    (key,) = keys_of(person.state.encryption).get("secrets", (UNENCRYPTED,))
    assert set(store_of(person).secrets.values()) == {key.prefix}
    assert all((FILE in person.world.machines[name].files) is bool(key.prefix) for name in SERVERS)
    person.next_script()
    assert person.up().plan.empty
    return key.prefix


@pytest.mark.thorough
def test_it_is_enabled_its_key_rotated_and_disabled(used: Operator) -> None:
    used.edit(services=ON)
    used.up()
    first = over(used)
    assert used.encryption().readable
    used.encrypt(Wish.ROTATE_KEY)
    second = over(used)
    assert second not in ("", first)
    used.edit(services=OFF)
    used.encrypt(Wish.DISABLE)
    assert over(used) == ""
    assert [key.prefix for key in used.state.retired_keys] == [first, second]


@pytest.mark.thorough
def test_a_run_that_is_killed_again_and_again_comes_to_its_end(used: Operator) -> None:
    used.edit(services=ON)
    for number, when in ((5, When.AFTER), (3, When.BEFORE), (6, When.AFTER)):
        assert used.killed_up(number, when)
    used.up()
    over(used)


def test_a_host_that_is_no_control_plane_any_more_keeps_no_key(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "cw", services=ON)
    person.up()
    assert FILE in person.world.machines["n2"].files
    wants(person, "ecw", "w")
    person.up()
    assert FILE not in person.world.machines["n2"].files
    assert FILE in person.world.machines["n1"].files
    assert faults_of(person) == []
