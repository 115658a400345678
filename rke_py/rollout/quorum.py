"""What has to hold before an etcd member is taken down: the others can do without it, and it does not lead."""

from __future__ import annotations

from rke_py.errors import EtcdError
from rke_py.plan.components.etcd import member_name
from rke_py.plan.observed_etcd import EtcdMember, ObservedEtcd
from rke_py.rollout.proof import wait_for
from rke_py.rollout.site import Site

MOST_LAG = 5000
"""Raft entries a member may be behind before it counts as catching up, not as a stand-in."""

LAST_WORDS = 5
"""Seconds that a member gets to end once it does not lead. It answers what it was asked and would then wait, for 15 s,
for watches of API servers that stay; what it promised is on its disk, and the others go on without it."""

_SETTLE_TIMEOUT = 60
_LEADER_TIMEOUT = 30


def spare_member(host: str, site: Site) -> None:
    """Wait until every other member is healthy and close behind, and hand leadership away from this host's.

    A cluster of one has nobody to stand in; that outage was agreed to before. A member that is down already is not
    asked for anything.

    Raises:
        EtcdError: Another member is not healthy: taking this one down could cost the quorum.
    """
    missing = wait_for(site, lambda: _unfit(host, site.access.look_at_etcd(), site), _SETTLE_TIMEOUT)
    if not missing and _hand_over(host, site):
        # that took its time, and the stop that follows rests on how the others are now
        missing = _unfit(host, site.access.look_at_etcd(), site)
    if missing:
        hint = "Mend that member first; nothing was done to this one."
        raise EtcdError(f"etcd here cannot be spared: {missing}", where=host, hint=hint)


def spare_vote(member: str, host: str, site: Site) -> None:
    """Wait until the other members hold a quorum of their own, and hand leadership away from one that goes for good.

    Args:
        member: Id of the member; one that is gone already is fine.
        host: Its host, which may be gone.
        site: The run's hosts.

    Raises:
        EtcdError: The others could not go on without it.
    """
    missing = wait_for(site, lambda: _left_without(member, site.access.look_at_etcd()), _SETTLE_TIMEOUT)
    if not missing:
        leads = any(other.id == member and other.leader for other in site.access.look_at_etcd().members)
        if leads and _hand_over(host, site):
            missing = _left_without(member, site.access.look_at_etcd())
    if missing:
        hint = "Mend the members that are not healthy first; nothing was removed."
        raise EtcdError(f"its etcd member cannot be removed: {missing}", where=host, hint=hint)


def _left_without(member: str, etcd: ObservedEtcd) -> str:
    """Return why the other voters could not go on alone."""
    others = [other for other in etcd.members if other.id != member and not other.learner]
    front = max((other.raft_index for other in etcd.members), default=0)
    fit = [other for other in others if other.healthy and front - other.raft_index <= MOST_LAG]
    if not others:
        return "it is the last one"
    if len(fit) >= len(others) // 2 + 1:
        return ""
    return f"{len(fit)} of the {len(others)} others are healthy and close behind"


def _unfit(host: str, etcd: ObservedEtcd, site: Site) -> str:
    """Return what keeps the other members from doing without this one."""
    mine = _mine(host, etcd, site)
    others = [member for member in etcd.members if member is not mine]
    if not etcd.members:
        return "" if len(_voters(site)) == 1 else "no member answers"
    sick = [f"{member.name or member.id} ({member.fault or 'not healthy'})" for member in others if not member.healthy]
    if sick:
        return f"not healthy: {', '.join(sick)}"
    front = max((member.raft_index for member in etcd.members), default=0)
    slow = [member.name for member in others if front - member.raft_index > MOST_LAG]
    return f"far behind: {', '.join(slow)}" if slow else ""


def _hand_over(host: str, site: Site) -> bool:
    """Move leadership to the member that is furthest, and wait until it leads; tell whether there was any to move."""
    etcd = site.access.look_at_etcd()
    mine = _mine(host, etcd, site)
    heirs = [member for member in etcd.members if member is not mine and member.healthy and not member.learner]
    if mine is None or not mine.leader or not heirs:
        return False
    heir = max(heirs, key=lambda member: member.raft_index)
    site.access.etcd(host).transfer_leadership(heir.id)

    def not_yet() -> str:
        now = site.access.look_at_etcd()
        leads = next((member.name for member in now.members if member.leader), "")
        return "" if leads and leads != mine.name else f"{mine.name} still leads"

    missing = wait_for(site, not_yet, _LEADER_TIMEOUT)
    if missing:
        raise EtcdError(f"leadership could not be handed to {heir.name}: {missing}", where=host)
    return True


def _mine(host: str, etcd: ObservedEtcd, site: Site) -> EtcdMember | None:
    name = member_name(site.cluster.host(host))
    return next((member for member in etcd.members if member.name == name), None)


def _voters(site: Site) -> list[str]:
    return [host.name for host in site.cluster.hosts if "etcd" in host.roles]
