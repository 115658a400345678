"""Steps on etcd: members that begin, join and go, and snapshots of what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rke_py.plan.steps.containers import OnContainer
from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapEtcd(OnContainer):
    """Make the etcd cluster: its first member, alone, once in the cluster's life."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "bootstrap etcd"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinEtcd(OnContainer):
    """Add the host's member as a learner, start it and promote it.

    Attributes:
        stale: Ids of members to remove first: this host's earlier member whose data is gone.
    """

    stale: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "join etcd"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveEtcdMember(OnHost):
    """Take a member out of the cluster by its id."""

    member: str
    name: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"remove etcd member {self.name or self.member}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSnapshot(OnHost):
    """Take a snapshot of the host's etcd member and verify it where it lies, in ``/opt/rke/etcd-snapshots``.

    Attributes:
        name: What it is called, without an ending; the same on every member.
        line: etcd's line, whose programs read it: ``3.6``.
        own: Name of the certificate that is shown to the member.
        about: What its manifest says of the cluster: ``lineage``, ``kubernetes``, ``member``, ``encryption_keys`` and
            ``authorities``.
        keep: For an automatic one, how many of these stay on the host; 0 for one that somebody asked for.
        seconds: How long it may take.
        ca: Name of the CA that signed what the member shows.
        endpoint: Its URL, on its own host.
        rke_format: Write it as an archive of RKE's too.
    """

    name: str
    tools: str
    line: str
    own: str
    ca: str
    endpoint: str
    about: Mapping[str, object]
    keep: int = 0
    seconds: int = 900
    rke_format: bool = False

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "take and verify a snapshot of etcd"
