"""etcd members that are not well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rke_py.cluster.model import Role
from rke_py.diagnosis.model import Examined, Finding
from rke_py.plan.components.etcd import peer_url
from rke_py.plan.observed_etcd import EtcdMember

_LAG = 5000
"""Entries of the log; a member that is further behind is slow, or was away (etcd's own limit for a learner)."""

_ALARMS = {
    "NOSPACE": "Make room: rke-py etcd defrag; where the database is full of what is needed, raise "
    "services.etcd.extra_args.quota-backend-bytes and run rke-py up. Then: rke-py etcd alarm disarm",
    "CORRUPT": "Find the member that differs (etcdctl endpoint hashkv --cluster), empty it, and let it join again.",
}


def sick_members(examined: Examined) -> Iterable[Finding]:
    """Find members that do not answer, alarms, a missing leader or quorum, and hosts that are no members."""
    if examined.cluster.external_etcd is not None:
        yield from _external(examined)
        return
    members = examined.observed.etcd.members
    if not members:
        yield Finding(
            check="etcd",
            where="",
            cause="no etcd member answers, so no API server works",
            evidence=tuple(one for one in examined.untried if one.startswith("etcd")),
            remedy="Start etcd on its hosts; what stopped it is in: docker logs etcd",
        )
        return
    front = max(member.raft_index for member in members)
    for member in members:
        yield from _of_member(member, front)
    if not any(member.leader for member in members):
        voters = [member for member in members if not member.learner]
        well = sum(member.healthy for member in voters)
        evidence = (f"{well} of {len(voters)} members are healthy, {len(voters) // 2 + 1} are needed",)
        yield Finding(
            check="etcd", where="", cause="etcd has no leader", evidence=evidence, remedy="Bring its members back."
        )
    known = {url for member in members for url in member.peer_urls}
    for host in examined.cluster.with_role(Role.ETCD):
        if peer_url(host) not in known:
            yield Finding(
                check="etcd", where=host.name, cause="it is no member of etcd", remedy="Let it join: rke-py up"
            )


def _external(examined: Examined) -> Iterator[Finding]:
    for member in examined.observed.external_etcd:
        if member.fault:
            yield Finding(
                check="etcd",
                where=member.host,
                cause=f"API servers here cannot use the etcd member {member.url}",
                evidence=(member.fault,),
                remedy="Look at that member, at the way to it, and at services.etcd's certificates in cluster.yml.",
            )


def _of_member(member: EtcdMember, front: int) -> Iterator[Finding]:
    name = member.name or member.id
    if not member.healthy:
        yield Finding(
            check="etcd",
            where=name,
            cause="this etcd member is not healthy",
            evidence=tuple(filter(None, (member.fault,))),
            remedy="What ails it is in: docker logs etcd on its host. rke-py up starts it again.",
        )
    elif front - member.raft_index > _LAG and member.raft_index:
        evidence = (f"{front - member.raft_index} entries behind",)
        yield Finding(
            check="etcd", where=name, cause="this etcd member lags", evidence=evidence, remedy="Look at its disk."
        )
    for alarm in member.alarms:
        yield Finding(
            check="etcd",
            where=name,
            cause=f"etcd raised the alarm {alarm}",
            remedy=_ALARMS.get(alarm, "Look at: docker exec etcd etcdctl alarm list"),
        )
