"""Plans that keep etcd in shape: defragmenting its members, and taking alarms back once their cause is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.errors import Problem
from rke_py.plan.checks.words import amount
from rke_py.plan.components.etcd import peer_url
from rke_py.plan.model import Plan, Stage, Turn
from rke_py.plan.observed import Observed
from rke_py.plan.observed_etcd import EtcdMember, ObservedEtcd
from rke_py.plan.quota import quota_of, running_quota
from rke_py.plan.steps import DefragmentEtcd, DisarmAlarm

DEFRAGMENT, DISARM = "defragment etcd", "disarm alarms"
_LEAST, _SHARE = 16 << 20, 0.2
"""Free bytes, and their share of the database, from which on defragmenting is worth that a member pauses."""

_BELOW = 0.9
"""The share of its quota below which a member has room again: it would raise the alarm once more at the quota."""


def defragmenting_plan(cluster: Cluster, etcd: ObservedEtcd, *, every: bool) -> Plan:
    """Return the plan that defragments members, one at a time, the leader last.

    Args:
        cluster: The cluster.
        etcd: The members.
        every: Also those that would gain little.
    """
    found = sorted(_placed(cluster, etcd), key=lambda pair: pair[1].leader)
    turns = tuple(
        Turn(
            stage=DEFRAGMENT,
            host=host.name,
            steps=(DefragmentEtcd(host=host.name, why=(_gain(member),)),),
        )
        for host, member in found
        if every or worth_it(member)
    )
    return Plan(stages=(Stage(name=DEFRAGMENT, turns=turns, limit=1, at_once=1),) if turns else ())


def worth_it(member: EtcdMember) -> bool:
    """Tell whether a member gives enough back to the disk."""
    free = member.db_size - member.db_used
    return member.db_used > 0 and free >= max(_LEAST, _SHARE * member.db_size)


def disarming_plan(cluster: Cluster, etcd: ObservedEtcd) -> Plan:
    """Return the plan that takes back every alarm, asked of one member that answers."""
    host = next((host for host, member in _placed(cluster, etcd) if member.version and not member.learner), None)
    if host is None:
        return Plan()
    steps = tuple(
        DisarmAlarm(host=host.name, member=member.id, alarm=alarm, why=(f"{member.name}: its cause is gone",))
        for member in etcd.members
        for alarm in member.alarms
    )
    turn = Turn(stage=DISARM, host=host.name, steps=steps, disrupts=False)
    return Plan(stages=(Stage(name=DISARM, turns=(turn,), limit=0),) if steps else ())


def alarm_problems(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    """Name the alarms whose cause is not gone: taken back, they would come again, or hide that data differ."""
    quotas = {member.id: running_quota(observed, host.name) for host, member in _placed(cluster, observed.etcd)}
    for member in observed.etcd.members:
        if "CORRUPT" in member.alarms:
            hint = "Take that member out and let it join again with empty data: rke-py node replace."
            yield Problem(where=member.name, what="its data differ from the others'", hint=hint)
    if observed.etcd.full:
        yield from _full(observed.etcd, quotas)


def _full(etcd: ObservedEtcd, quotas: Mapping[str, int]) -> Iterator[Problem]:
    for member in etcd.members:
        quota = quotas.get(member.id, quota_of(()))
        if member.db_size >= _BELOW * quota:
            used, free = amount(member.db_size), amount(member.db_size - member.db_used)
            what = f"its database has {used} of the {amount(quota)} that it may have; {free} of them hold nothing"
            hint = (
                "Give them back with: rke-py etcd defrag. Then delete what is not needed, or raise "
                "services.etcd.extra_args.quota-backend-bytes and run: rke-py up"
            )
            yield Problem(where=member.name, what=what, hint=hint)


def _placed(cluster: Cluster, etcd: ObservedEtcd) -> Iterator[tuple[Host, EtcdMember]]:
    members = {url: member for member in etcd.members for url in member.peer_urls}
    for host in cluster.with_role(Role.ETCD):
        if member := members.get(peer_url(host)):
            yield host, member


def _gain(member: EtcdMember) -> str:
    return f"{amount(member.db_size - member.db_used)} of its {amount(member.db_size)} hold nothing"
