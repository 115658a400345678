"""What is asked of an etcd member; the simulation answers it in tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from rke_py.kube.model import CheckResult, MemberList, MemberStatus
from rke_py.plan.observed_etcd import EtcdDisk


class EtcdApi(Protocol):
    """One etcd member, or the cluster through it; every call raises EtcdError, EtcdUnavailable when it is "not yet"."""

    def health(self, *, serializable: bool = False) -> CheckResult:
        """Ask the member to answer a read, through the quorum unless ``serializable``."""

    def members(self, *, linearizable: bool = True) -> MemberList:
        """List the members as the cluster knows them."""

    def status(self) -> MemberStatus:
        """Ask the member about itself."""

    def disk(self) -> EtcdDisk:
        """Return what the member counted of its writes."""

    def add_learner(self, peer_urls: Sequence[str]) -> str:
        """Add a member that does not vote yet; return its id."""

    def promote(self, member: str) -> None:
        """Give a learner its vote."""

    def remove(self, member: str) -> None:
        """Remove a member by id."""

    def transfer_leadership(self, to: str) -> None:
        """Hand leadership to another member; only the leader can."""

    def snapshot(self) -> Iterator[bytes]:
        """Stream a snapshot of the database."""

    def defragment(self) -> None:
        """Give free pages back to the disk; the member answers nobody meanwhile."""

    def disarm(self, member: str, alarm: str) -> None:
        """Take back a member's alarm, once what raised it is mended."""
