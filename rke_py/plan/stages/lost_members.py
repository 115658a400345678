"""etcd members that leave and do nothing any more: they go first, since each of them only raises the quorum."""

from __future__ import annotations

from rke_py.plan.departing import serves, surplus_members
from rke_py.plan.model import Stage, Turn
from rke_py.plan.stage_names import LOST_MEMBERS
from rke_py.plan.steps import RemoveEtcdMember
from rke_py.plan.wanted import Wanted


def lost_members_stage(wanted: Wanted) -> Stage:
    """Plan the removal, by their ids, of members whose host died, was forgotten, or whose etcd does not work.

    Before others join: etcd accepts a new member only while those that it knows are connected.
    """
    why = ("its host leaves, and it does not serve any more",)
    turns = tuple(
        Turn(
            stage=LOST_MEMBERS,
            host=host,
            steps=(RemoveEtcdMember(host=host, member=member.id, name=member.name, why=why),),
            disrupts=False,
        )
        for host, member in surplus_members(wanted)
        if not serves(wanted, host, member)
    )
    return Stage(name=LOST_MEMBERS, turns=turns, limit=0, at_once=1)
