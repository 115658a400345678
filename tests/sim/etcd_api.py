"""The EtcdApi of ``kube.interface`` over the member of a simulated machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from rke_py.errors import EtcdError, EtcdUnavailable
from rke_py.kube.model import CheckResult, MemberList, MemberStatus
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.observed_etcd import EtcdDisk, EtcdMember, ObservedEtcd

from . import etcd, shown, tls
from .machine import Machine
from .world import World


class SimulatedEtcd:
    """One member, asked over a connection to its machine."""

    def __init__(self, machine: Machine, name: str) -> None:
        self._machine = machine
        self._name = name

    def health(self, *, serializable: bool = False) -> CheckResult:
        try:
            with self._asked("etcd_health"):
                fault = "" if serializable else _ails(self._machine)
        except EtcdError as error:
            fault = error.what
        return CheckResult(ok=not fault, detail=fault)

    def members(self, *, linearizable: bool = True) -> MemberList:
        with self._asked("members") as data:
            group = data.group
            if group.members[data.member_id].learner:
                raise EtcdUnavailable("etcdserver: rpc not supported for learner", code=14, where=self._name)
            if linearizable and not etcd.elect(group, self._machine.world):
                raise EtcdUnavailable("etcdserver: request timed out", code=14, where=self._name)
            return MemberList(cluster_id=group.id, members=tuple(map(_listed, group.members.values())))

    def status(self) -> MemberStatus:
        with self._asked("status") as data:
            group = data.group
            leader = etcd.elect(group, self._machine.world)
            return MemberStatus(
                cluster_id=group.id,
                member_id=data.member_id,
                version=version_of(self._machine),
                db_size=self._machine.etcd_used + self._machine.etcd_free,
                db_size_in_use=self._machine.etcd_used,
                leader=leader,
                raft_index=100 - self._machine.etcd_behind,
                raft_applied_index=100 - self._machine.etcd_behind,
                raft_term=3,
                learner=group.members[data.member_id].learner,
                errors=() if leader else ("etcdserver: no leader",),
            )

    def disk(self) -> EtcdDisk:
        with self._asked("disk"):
            world = self._machine.world
            seconds, writes = world.faults.slow_disks.get(self._machine.name, 0.002), len(world.calls.log)
            return EtcdDisk(
                syncs=writes, sync_seconds=seconds * writes, commits=writes, commit_seconds=seconds * writes
            )

    def add_learner(self, peer_urls: Sequence[str]) -> str:
        with self._asked("add_learner") as data:
            return etcd.add_learner(data.group, self._machine.world, tuple(peer_urls))

    def promote(self, member: str) -> None:
        with self._asked("promote", member) as data:
            etcd.promote(data.group, self._machine.world, member)

    def remove(self, member: str) -> None:
        with self._asked("remove_member", member) as data:
            etcd.remove(data.group, self._machine.world, member)

    def transfer_leadership(self, to: str) -> None:
        with self._asked("transfer_leadership", to) as data:
            if data.group.leader != data.member_id:
                raise EtcdError("etcdserver: not leader", code=9, where=self._name)
            data.group.leader, data.group.leads_from = to, self._machine.world.now

    def defragment(self) -> None:
        with self._asked("defragment"):
            self._machine.etcd_free = 0

    def disarm(self, member: str, alarm: str) -> None:
        with self._asked("disarm", alarm) as data:
            left = tuple(other for other in data.group.alarms.get(member, ()) if other != alarm)
            data.group.alarms[member] = left

    def snapshot(self) -> Iterator[bytes]:
        with self._asked("snapshot"):
            return iter((b"snapshot",))

    @contextmanager
    def _asked(self, verb: str, name: str = "") -> Iterator[etcd.MemberData]:
        machine = self._machine
        with machine.world.calls(self._name, verb, name):
            if not machine.reachable:
                raise EtcdUnavailable("etcd does not answer: the SSH connection was lost", where=self._name)
            with machine.world.lock:
                data = machine.etcd_data
                if not etcd.answers_clients(machine) or data is None or data.member_id not in data.group.members:
                    raise EtcdUnavailable("etcd does not answer: connection refused", where=self._name)
                if _ended(machine):
                    raise EtcdUnavailable("etcd does not answer: certificate has expired", where=self._name)
                yield data


def _ended(machine: Machine) -> bool:
    """Tell whether the member's certificate has ended: it shows what is on its disk now."""
    member = machine.listener(2379)
    return member is not None and tls.ended(shown.served_with(member), machine.world.now)


def look_at_etcd(world: World, machines: Sequence[Machine]) -> ObservedEtcd:
    """Return the cluster that most of the machines' members belong to, as ``kube.etcd.look`` does."""
    with world.calls("", "look_at_etcd"), world.lock:
        running = [machine for machine in machines if machine.reachable and etcd.running_since(machine)]
        answering = [machine for machine in running if not _ended(machine)]
        data = [machine.etcd_data for machine in answering if machine.etcd_data]
        known = [item.group for item in data if item.member_id in item.group.members]
        if not known:
            return ObservedEtcd()
        group = max(known, key=known.count)
        by_id = {machine.etcd_data.member_id: machine for machine in answering if machine.etcd_data}
        members = tuple(_seen(group, member, by_id.get(member.id), world) for member in group.members.values())
        group.looked = world.now, frozenset(member.id for member in members if member.healthy)
        unknown = "" if etcd.elect(group, world) else "no member has a leader"
        return ObservedEtcd(cluster_id=group.id, members=members, alarms_unknown=unknown)


def _seen(group: etcd.Group, member: etcd.Member, machine: Machine | None, world: World) -> EtcdMember:
    listed = _listed(member)
    alarms = group.alarms.get(member.id, ()) if etcd.elect(group, world) else ()
    if machine is None:
        return replace(listed, fault="none of the hosts answers for it", alarms=alarms)
    fault = "" if member.learner else _ails(machine)
    return replace(
        listed,
        healthy=not fault,
        leader=etcd.elect(group, world) == member.id,
        version=version_of(machine),
        db_size=machine.etcd_used + machine.etcd_free,
        db_used=machine.etcd_used,
        raft_term=3,
        raft_index=100 - machine.etcd_behind,
        alarms=alarms,
        fault=fault,
    )


def _ails(machine: Machine) -> str:
    """Say why the machine's member is not healthy, empty when it is."""
    member = machine.listener(2379)
    return (member and machine.world.faults.ails(member)) or etcd.unhealthy(machine)


def _listed(member: etcd.Member) -> EtcdMember:
    return EtcdMember(id=member.id, name=member.name, peer_urls=(member.peer_url,), learner=member.learner)


def version_of(machine: Machine) -> str:
    """Return the version of etcd that a machine's member runs."""
    container = machine.listener(2379)
    spec: ContainerSpec | None = container.spec if container else None
    return spec.image.rpartition(":")[2].removeprefix("v") if spec else ""
