"""The etcd cluster as all its members tell it, together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from rke_py.errors import EtcdError
from rke_py.kube.etcd.gateway import Gateway
from rke_py.kube.model import CheckResult, MemberList, MemberStatus
from rke_py.plan.observed_etcd import EtcdMember, ObservedEtcd


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """What one host's etcd tells: of itself and, unless it is a learner, of the members."""

    host: str
    status: MemberStatus
    health: CheckResult
    listed: MemberList | None

    def complete(self, member: EtcdMember) -> EtcdMember:
        """Fill in what only the member itself knows."""
        status, health = self.status, self.health
        return replace(
            member,
            healthy=health.ok,
            leader=status.is_leader,
            version=status.version,
            db_size=status.db_size,
            db_used=status.db_size_in_use,
            raft_term=status.raft_term,
            raft_index=status.raft_index,
            fault="" if health.ok else "; ".join((*status.errors, health.detail)),
        )


def look(gateways: Mapping[str, Gateway]) -> ObservedEtcd:
    """Ask every host's etcd at once; a member for which none answered says so in its ``fault``.

    Args:
        gateways: By host name; a member is found by the id that its host's etcd gives, not by its name.

    Returns:
        The members that most of the answering hosts agree on; none when no host answered. A host whose etcd belongs
        to another cluster does not speak for a member of this one.
    """
    with ThreadPoolExecutor(max(len(gateways), 1), thread_name_prefix="etcd") as threads:
        answers = dict(zip(gateways, threads.map(_view, gateways, gateways.values()), strict=True))
    views = [answer for answer in answers.values() if isinstance(answer, _View)]
    lists = [(view.status.raft_applied_index, view.listed) for view in views if view.listed]
    if not lists:
        return ObservedEtcd()
    (cluster_id, _), *_others = Counter(listed.cluster_id for _, listed in lists).most_common()
    ours = [view for view in views if view.status.cluster_id == cluster_id]
    # The longest log has seen the latest membership change.
    _, latest = max((item for item in lists if item[1].cluster_id == cluster_id), key=lambda item: item[0])
    silent = _silent(answers, cluster_id)
    alarms, unknown = _alarms([gateways[view.host] for view in ours if view.status.leader and not view.status.learner])
    told = {view.status.member_id: view for view in ours}
    return ObservedEtcd(
        cluster_id=cluster_id,
        members=tuple(
            replace(
                told[member.id].complete(member) if member.id in told else replace(member, fault=silent),
                alarms=alarms.get(member.id, ()),
            )
            for member in latest.members
        ),
        alarms_unknown=unknown,
    )


def _view(host: str, gateway: Gateway) -> _View | EtcdError:
    try:
        status = gateway.status()
        # Not linearizable: a cluster without quorum has to be seen as well. A learner refuses the question.
        listed = None if status.learner else gateway.members(linearizable=False)
    except EtcdError as error:
        return error
    return _View(host=host, status=status, health=gateway.health(serializable=status.learner), listed=listed)


def _silent(answers: Mapping[str, _View | EtcdError], cluster_id: str) -> str:
    """Say why a member may not have answered: what every host that speaks for none of this cluster said."""
    reasons = [
        f"{host} belongs to cluster {answer.status.cluster_id}" if isinstance(answer, _View) else str(answer)
        for host, answer in answers.items()
        if isinstance(answer, EtcdError) or answer.status.cluster_id != cluster_id
    ]
    return "; ".join(reasons) or "none of the hosts answers for it"


def _alarms(gateways: Sequence[Gateway]) -> tuple[Mapping[str, tuple[str, ...]], str]:
    """Ask members that have a leader for the alarms, which are read through the quorum; else say why none told them.

    Not those that are healthy: a member with an alarm says that it is not.
    """
    faults: list[str] = []
    for gateway in gateways:
        try:
            return gateway.alarms(), ""
        except EtcdError as error:
            faults.append(str(error))
    return {}, "; ".join(faults) or "no member has a leader"
