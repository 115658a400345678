"""What etcd's own programs tell, read."""

from __future__ import annotations

import pytest

from rke_py.tools.etcd_line import place_of

MEMBERS = [{"ID": 1, "name": "etcd-n1"}, {"ID": 2, "name": "etcd-n2"}, {"ID": 3, "name": "etcd-n3"}]


def status(member: int, **more: int) -> dict[str, object]:
    """Return what ``etcdctl endpoint status`` prints of a member; what is 0 it leaves out."""
    return {"header": {"member_id": member}, **more}


@pytest.mark.parametrize(("member", "place"), [(2, 0), (1, 1), (3, 2)])
def test_the_leader_is_first_and_the_others_follow_by_name(member: int, place: int) -> None:
    assert place_of(status(member, leader=2), MEMBERS) == place


@pytest.mark.parametrize(("member", "place"), [(1, 1), (2, 2), (3, 3)])
def test_nobody_is_first_while_a_member_knows_no_leader(member: int, place: int) -> None:
    assert place_of(status(member), MEMBERS) == place
