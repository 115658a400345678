"""Steps that mend etcd itself: a cluster of one from what is left, pages given back to the disk, alarms taken back."""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.plan.steps.containers import OnContainer
from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepMemberData(OnHost):
    """Copy a member's data aside, which does not run meanwhile.

    Attributes:
        token: What the copy is called by; begins with its time.
    """

    tools: str
    token: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "copy etcd's data aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceNewCluster(OnContainer):
    """Make the host's member the only one of its cluster, by a container that lives only for that."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "make this member the only one"


@dataclass(frozen=True, slots=True, kw_only=True)
class DefragmentEtcd(OnHost):
    """Give a member's free pages back to the disk; it answers nobody meanwhile."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "defragment etcd"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisarmAlarm(OnHost):
    """Take an alarm of a member back, now that its cause is gone."""

    member: str
    alarm: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"disarm {self.alarm}"


RecoveryStep = KeepMemberData | ForceNewCluster | DefragmentEtcd | DisarmAlarm
