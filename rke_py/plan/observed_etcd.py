"""What was found of etcd: members, what they say of themselves, how fast their disks are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdMember:
    """A member as etcd lists it and as its own status tells; ids are hexadecimal text.

    Attributes:
        db_used: Bytes of its database that hold something; the others come back by defragmenting it.
        raft_term, raft_index: The last election and the last entry of its log: who has the higher ones knows more.
    """

    id: str
    name: str
    peer_urls: tuple[str, ...]
    client_urls: tuple[str, ...] = ()
    learner: bool = False
    healthy: bool = False
    leader: bool = False
    version: str = ""
    db_size: int = 0
    db_used: int = 0
    raft_term: int = 0
    raft_index: int = 0
    alarms: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedEtcd:
    """The etcd cluster, as its members tell; without members when none answered.

    Attributes:
        alarms_unknown: Why no member told which alarms are raised; empty when one did.
    """

    cluster_id: str = ""
    members: tuple[EtcdMember, ...] = ()
    alarms_unknown: str = ""

    @property
    def exists(self) -> bool:
        """True when a member answered."""
        return bool(self.members)

    @property
    def full(self) -> bool:
        """True while a member's database is full: etcd refuses to write anything, whichever member is asked."""
        return any("NOSPACE" in member.alarms for member in self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalMember:
    """A member of an etcd of the owner's own, as one control-plane host reaches it.

    Attributes:
        host: Name of the control-plane host.
        url: As cluster.yml has it.
        fault: Why API servers on that host could not use it; empty when they can.
        cluster_id, version: Empty where the member tells them to nobody.
    """

    host: str
    url: str
    fault: str = ""
    cluster_id: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdDisk:
    """What an etcd member counted of its writes since it started: how many, and how long they took together.

    Attributes:
        syncs, sync_seconds: Of its write-ahead log.
        commits, commit_seconds: Of its database.
        round_trips, round_trip_seconds: To other members and back, over the network.
    """

    syncs: int = 0
    sync_seconds: float = 0.0
    commits: int = 0
    commit_seconds: float = 0.0
    round_trips: int = 0
    round_trip_seconds: float = 0.0
