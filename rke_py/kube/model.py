"""What the cluster's own APIs answer, as values; nothing here needs a library to be read."""

from __future__ import annotations

from dataclasses import dataclass, field

from rke_py.plan.observed_etcd import EtcdMember


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check found; ``detail`` is what was answered, or why nothing was, in few lines, ``answer`` all of it."""

    ok: bool
    detail: str = ""
    answer: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberList:
    """The members as a cluster of that id lists them.

    Only what is configured is filled in: ids, names (empty until a member has started once), URLs, learners.
    """

    cluster_id: str
    members: tuple[EtcdMember, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberStatus:
    """What an etcd member says about itself; ids are hexadecimal text.

    Attributes:
        leader: Id of the leader that it follows; empty when it knows none.
        raft_term: The election that it took part in last.
        errors: What it complains about, alarms included, in etcd's words.
    """

    cluster_id: str
    member_id: str
    version: str
    db_size: int
    db_size_in_use: int
    leader: str
    raft_index: int
    raft_applied_index: int
    learner: bool
    raft_term: int = 0
    errors: tuple[str, ...] = ()

    @property
    def is_leader(self) -> bool:
        """True when the member leads."""
        return self.leader == self.member_id
