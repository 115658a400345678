"""etcd: clusters with quorum and a leader, members with data on disks, and the rules by which they change.

The messages and gRPC codes are etcd's own (server/etcdserver/server.go, api/v3rpc/rpctypes/error.go).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rke_py.errors import EtcdError, EtcdUnavailable

from . import shown, tls
from .store import Store

if TYPE_CHECKING:
    from .container import Container
    from .machine import Machine
    from .world import World

_CONNECTED = timedelta(seconds=5)
"""``HealthInterval``: so long have all voters to be connected before etcd adds a member."""

_ELECTION = timedelta(seconds=1)
_CAUGHT_UP = timedelta(milliseconds=700)
_START = timedelta(milliseconds=200)
_UNANSWERED = timedelta(seconds=15)
"""``ReqTimeout``: so long a member that starts waits for each peer that accepts connections and does not serve yet."""

PUBLISHED = timedelta(seconds=15)
_MOST_LEARNERS = 1
ROOT = frozenset({"", "0"})

_UNHEALTHY = "etcdserver: unhealthy cluster"
_FAILED_PRECONDITION, _NOT_FOUND, _UNAVAILABLE = 9, 5, 14


@dataclass(slots=True, kw_only=True)
class Member:
    """A member as its cluster knows it; ``name`` is empty until it has started once."""

    id: str
    peer_url: str
    name: str = ""
    learner: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Group:
    """One etcd cluster, with what is stored in it.

    Attributes:
        removed: Ids of members that were removed for good.
        leader: The leading member's id; empty while nobody leads.
        leads_from: When the leader was elected.
        named: Members that a restore made it with, by name and URL; empty for one that was bootstrapped.
        looked: When rke-py looked at the members last, and the ids of those it saw healthy.
    """

    id: str
    token: str
    members: dict[str, Member] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    leader: str = ""
    leads_from: datetime | None = None
    alarms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    looked: tuple[datetime, frozenset[str]] | None = None
    named: tuple[tuple[str, str], ...] = ()
    store: Store = field(default_factory=Store)

    @property
    def voters(self) -> tuple[Member, ...]:
        """Members with a vote."""
        return tuple(member for member in self.members.values() if not member.learner)

    @property
    def full(self) -> bool:
        """True while a member's database is full: nothing is written, what is there can be read and deleted."""
        return any("NOSPACE" in alarms for alarms in self.alarms.values())

    @property
    def quorum(self) -> int:
        """How many voters it needs."""
        return len(self.voters) // 2 + 1


@dataclass(frozen=True, slots=True)
class MemberData:
    """What is in a member's data directory."""

    group: Group
    member_id: str


def group_of(machine: Machine) -> Group | None:
    """Return the cluster that the machine's data belongs to."""
    return machine.etcd_data.group if machine.etcd_data else None


def running_since(machine: Machine | None) -> datetime | None:
    """Return when the machine's member came up, None while it does not run."""
    if machine is None or not machine.alive or machine.etcd_data is None:
        return None
    container = machine.listener(2379)
    if container is None or container.since is None:
        return None
    ready = container.since + _START + container.waits
    return ready if machine.world.now >= ready else None


def serves_peers(machine: Machine) -> bool:
    """Tell whether the machine's member answers the others, which needs no quorum."""
    return running_since(machine) is not None


def answers_clients(machine: Machine) -> bool:
    """Tell whether the client port is open: a new member opens it when it has published itself to the others.

    What it publishes can be part of the very snapshot that it gets; it notices after its request time-out. Here that
    happens to every one.
    """
    container = machine.listener(2379)
    if container is None or running_since(machine) is None:
        return False
    born = container.flag("initial-cluster-state") == "new"
    return born or len(_initial(container)) == 1 or container.running_for >= PUBLISHED


def serving(group: Group, world: World) -> dict[str, datetime]:
    """Return the members that run and are connected, by id, and since when; of several circles the largest."""
    up: dict[str, datetime] = {}
    peers: dict[str, _Peer] = {}
    for machine in world.with_etcd_data():
        if machine.etcd_data and machine.etcd_data.group is group and machine.etcd_data.member_id in group.members:
            since, container = running_since(machine), machine.listener(2380)
            if since is not None and container is not None and container.since is not None:
                up[machine.etcd_data.member_id] = since
                peers[machine.etcd_data.member_id] = _Peer(
                    since=container.since, trusts=shown.clients_ca(container), shows=shown.served_with(container)
                )
    circles = ({other for other in peers if _connected(peers[one], peers[other])} for one in peers)
    largest = max(circles, key=len, default=set())
    return {name: since for name, since in up.items() if name in largest}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Peer:
    """A member as the others meet it."""

    since: datetime
    trusts: bytes
    shows: bytes


def _connected(one: _Peer, other: _Peer) -> bool:
    """Tell whether two members trust each other."""
    since = max(one.since, other.since)
    return one is other or (tls.holds(one.trusts, other.shows, since) and tls.holds(other.trusts, one.shows, since))


def elect(group: Group, world: World) -> str:
    """Return the id of the member that leads now, empty when none does."""
    return _elected(group, serving(group, world), world.now)


def _elected(group: Group, up: Mapping[str, datetime], now: datetime) -> str:
    voters = {member.id: up[member.id] for member in group.voters if member.id in up}
    if len(voters) < group.quorum:
        group.leader = ""
        return ""
    if group.leader not in voters or group.leads_from is None or voters[group.leader] > group.leads_from:
        formed = sorted(voters.values())[group.quorum - 1]
        lost = now if group.leader and group.leader not in voters else formed
        group.leader = min(voters, key=voters.__getitem__)
        group.leads_from = max(formed, lost) + (_ELECTION if len(group.voters) > 1 else timedelta())
    return group.leader if now >= group.leads_from else ""


def has_quorum(group: Group, world: World) -> bool:
    """Tell whether enough voters run, elections aside."""
    up = serving(group, world)
    return sum(member.id in up for member in group.voters) >= group.quorum


def unhealthy(machine: Machine) -> str:
    """Say why the machine's member cannot answer a read through the quorum; empty when it can."""
    if machine.etcd_data is None or running_since(machine) is None:
        return "connection refused"
    group = machine.etcd_data.group
    if machine.etcd_data.member_id not in group.members:
        return "etcdserver: server stopped"
    up = serving(group, machine.world)
    led = machine.etcd_data.member_id in up and _elected(group, up, machine.world.now)
    return "" if led else '{"health":"false","reason":"RAFT NO LEADER"}'


def serves(machine: Machine) -> bool:
    """Tell whether clients can read through the machine's member; a learner is healthy and refuses them."""
    data = machine.etcd_data
    return data is not None and not unhealthy(machine) and not data.group.members[data.member_id].learner


def refuses(container: Container) -> str:
    """Say why a member does not start; its data decides, then the arguments that it was given for its first start."""
    machine = container.machine
    data = machine.etcd_data
    if container.spec.user not in ROOT and machine.etcd_owner != container.spec.user:
        return "open /var/lib/etcd/member: permission denied"
    if data is not None:
        gone = data.member_id in data.group.removed
        return "the member has been permanently removed from the cluster" if gone else ""
    named = _initial(container)
    own = container.flag("initial-advertise-peer-urls") or ""
    if container.flag("initial-cluster-state") == "new":
        return "" if list(named.values()) == [own] else "waiting for peers"
    group = _asked_for(container, own)
    if group is None:
        return "error validating peerURLs: could not retrieve cluster information from the given URLs"
    if len(group.members) != len(named):
        return "error validating peerURLs: member count is unequal"
    if {member.peer_url for member in group.members.values()} != set(named.values()):
        return "error validating peerURLs: unmatched member while checking PeerURLs"
    return ""


def ends(container: Container) -> str:
    """Say why a running member ends: it was removed, or its data was taken from under it."""
    data = container.machine.etcd_data
    if data is None:
        return "wal: file not found"
    if data.member_id in data.group.removed:
        return "the member has been permanently removed from the cluster"
    return ""


def started(container: Container) -> None:
    """Make what a first start makes: a new cluster, or the data of a member that joins."""
    machine = container.machine
    if machine.etcd_data is not None:
        container.waits = _comparison(machine, machine.etcd_data)
        if container.flag("force-new-cluster") == "true":
            _force_new(machine.etcd_data)
        return
    name = container.flag("name") or ""
    own = container.flag("initial-advertise-peer-urls") or ""
    if container.flag("initial-cluster-state") == "new":
        _bootstrap(machine, name, own, container.flag("initial-cluster-token") or "")
        return
    group = _asked_for(container, own)
    if group is None:
        raise AssertionError("a member starts that refuses to start")
    member = next(member for member in group.members.values() if member.peer_url == own)
    if member.name:
        machine.world.laws.broken(f"etcd member {member.name} came back under its old id without its log")
    member.name = name
    machine.etcd_data = MemberData(group, member.id)


def _comparison(machine: Machine, data: MemberData) -> timedelta:
    """Return how long a member compares its data with its peers' (``InitialCorruptCheck``) before it serves any."""
    others = (other for other in machines_of(data.group, machine.world) if other is not machine and other.alive)
    return _UNANSWERED * sum(other.listener(2380) is not None and not serves_peers(other) for other in others)


def _force_new(data: MemberData) -> None:
    """Leave the cluster no member but this one, for good."""
    gone = data.group.members.keys() - {data.member_id}
    data.group.removed |= gone
    data.group.members = {data.member_id: data.group.members[data.member_id]}
    data.group.alarms.clear()


def _bootstrap(machine: Machine, name: str, url: str, token: str) -> None:
    world = machine.world
    group = Group(id=world.new_id(), token=token)
    member = Member(id=world.new_id(), peer_url=url, name=name)
    group.members[member.id] = member
    machine.etcd_data = MemberData(group, member.id)
    world.groups.append(group)


def _initial(container: Container) -> dict[str, str]:
    text = container.flag("initial-cluster") or ""
    return dict(pair.split("=", 1) for pair in text.split(",") if pair)


def _asked_for(container: Container, own: str) -> Group | None:
    """Return the cluster that the other members it is told of belong to."""
    world = container.machine.world
    for url in _initial(container).values():
        machine = world.at_url(url) if url != own else None
        if machine is not None and running_since(machine) is not None:
            return group_of(machine)
    return None


def add_learner(group: Group, world: World, urls: tuple[str, ...]) -> str:
    """Add a member without a vote."""
    _need_leader(group, world)
    up = serving(group, world)
    if any(member.peer_url in urls for member in group.members.values()):
        raise EtcdError("etcdserver: Peer URLs already exists", code=_FAILED_PRECONDITION)
    if sum(member.learner for member in group.members.values()) >= _MOST_LEARNERS:
        raise EtcdError("etcdserver: too many learner members in cluster", code=_FAILED_PRECONDITION)
    connected = all(member.id in up and world.now - up[member.id] >= _CONNECTED for member in group.voters)
    if len(group.voters) > 1 and not connected:
        raise EtcdUnavailable(_UNHEALTHY, code=_UNAVAILABLE)
    member = Member(id=world.new_id(), peer_url=urls[0], learner=True)
    group.members[member.id] = member
    return member.id


def promote(group: Group, world: World, member_id: str) -> None:
    """Give a learner its vote once it has caught up."""
    _need_leader(group, world)
    member = _known(group, member_id)
    if not member.learner:
        raise EtcdError("etcdserver: can only promote a learner member", code=_FAILED_PRECONDITION)
    up = serving(group, world)
    if member_id not in up or world.now - up[member_id] < _CAUGHT_UP:
        what = "etcdserver: can only promote a learner member which is in sync with leader"
        raise EtcdUnavailable(what, code=_FAILED_PRECONDITION)
    member.learner = False


def remove(group: Group, world: World, member_id: str) -> None:
    """Remove a member, unless that would endanger the quorum of those that run."""
    _need_leader(group, world)
    member = _known(group, member_id)
    if not member.learner:
        left = [other for other in group.voters if other.id != member_id]
        if sum(bool(other.name) for other in left) < len(left) // 2 + 1:
            what = "etcdserver: re-configuration failed due to not enough started members"
            raise EtcdUnavailable(what, code=_FAILED_PRECONDITION)
        up = serving(group, world)
        active = sum(other.id in up for other in group.voters)
        if member_id in up and active - 1 < 1 + (len(group.voters) - 1) // 2:
            raise EtcdUnavailable(_UNHEALTHY, code=_UNAVAILABLE)
    del group.members[member_id]
    group.removed.add(member_id)
    group.alarms.pop(member_id, None)


def machines_of(group: Group, world: World) -> Iterator[Machine]:
    """Yield the machines whose member data is of that cluster."""
    return (machine for machine in world.with_etcd_data() if group_of(machine) is group)


def _need_leader(group: Group, world: World) -> None:
    if not elect(group, world):
        raise EtcdUnavailable("etcdserver: no leader", code=_UNAVAILABLE)


def _known(group: Group, member_id: str) -> Member:
    if member_id not in group.members:
        raise EtcdError("etcdserver: member not found", code=_NOT_FOUND)
    return group.members[member_id]
