"""The plan that brings a snapshot in: everything that can fail comes before anything is stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.plan.arguments import flag_name
from rke_py.plan.components.apiserver import ENCRYPTION
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.components.etcd import member_name, peer_url, serving_peers
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.files import FileSpec
from rke_py.plan.migration import as_it_runs
from rke_py.plan.model import Plan, Stage, Turn
from rke_py.plan.node import NodePlan
from rke_py.plan.observed import Observed, ObservedHost
from rke_py.plan.reconcile import write_files
from rke_py.plan.restore.containers import starts, stops
from rke_py.plan.restore.model import FoundData, Snapshot, brought_name
from rke_py.plan.steps import (
    BringSnapshot,
    PrepareRestore,
    ProveContainer,
    PutRestoredInPlace,
    ReplaceContainer,
    RestartContainer,
    Step,
    WriteFiles,
)
from rke_py.state.restore import Restore

(
    BRING,
    PREPARE,
    STOP_CONTROL_PLANE,
    STOP_ETCD,
    EXCHANGE,
    START_ETCD,
    PROVE_ETCD,
    START_API_SERVERS,
    START_CONTROLLERS,
) = (
    "bring the snapshot",
    "prepare data",
    "stop control plane",
    "stop etcd",
    "exchange data",
    "start etcd",
    "prove etcd",
    "start API servers",
    "start controllers",
)
CONTROLLERS = ("kube-controller-manager", "kube-scheduler")
_FLAG = "encryption-provider-config"
_CONTROL_PLANE = (*CONTROLLERS, API_SERVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """What a restore's plans are made from.

    Attributes:
        line: etcd's line, whose etcdutl makes the data.
        found: What each etcd host has of the snapshot and of the restore.
        nodes: Files and containers of every host as wanted.
        ended: Hosts with a certificate that has ended: nothing that starts there works before it has new ones.
    """

    cluster: Cluster
    observed: Observed
    nodes: Mapping[str, NodePlan]
    restore: Restore
    snapshot: Snapshot
    line: str
    found: Mapping[str, FoundData]
    ended: frozenset[str] = frozenset()

    @property
    def members(self) -> tuple[Host, ...]:
        """The hosts whose etcd gets the data."""
        return self.cluster.with_role(Role.ETCD)

    @property
    def control_plane(self) -> tuple[Host, ...]:
        """The hosts with API servers."""
        return self.cluster.with_role(Role.CONTROLPLANE)

    @property
    def in_place(self) -> bool:
        """True once every member has the restored data."""
        return all(self.found[host.name].in_place for host in self.members)

    @property
    def served(self) -> bool:
        """True when an API server was started on the restored data: somebody may have written to them."""
        there = (self.host(host).containers.get(API_SERVER) for host in self.control_plane)
        return self.in_place and any(server is not None and server.spec.restart != "no" for server in there)

    @property
    def every(self) -> tuple[Host, ...]:
        """The hosts that answer, those that leave too: an old API server there would serve the old data."""
        return tuple(host for host in self.cluster.every if self.host(host).reachable)

    def host(self, host: Host) -> ObservedHost:
        """Return a host as observed."""
        return self.observed.host(host.name)

    def container(self, host: Host, name: str) -> ContainerSpec:
        """Return the wanted container of that name; one of RKE's that runs in its place is proved as RKE's are."""
        wanted = next(spec for spec in self.nodes[host.name].containers if spec.name == name)
        return as_it_runs(self.cluster, host, self.host(host), wanted)

    def carries(self, host: Host, name: str) -> bool:
        """Tell whether a host has the container, or an old one aside."""
        return bool({name, f"old-{name}"} & self.host(host).containers.keys())


def restore_plans(restoring: Restoring) -> tuple[Plan, Plan]:
    """Return what prepares the data while the cluster works, and what is left until API servers answer from them.

    A host that has no API server yet gets none: that is for ``up``, once the data are there.
    """
    exchange = () if restoring.in_place else restoring.members
    preparing = (
        stage_of(BRING, restoring.members, lambda host: _bring(restoring, host)),
        stage_of(PREPARE, restoring.members, lambda host: _prepare(restoring, host)),
    )
    exchanging = (
        *(stopping_stages(restoring) if exchange else ()),
        stage_of(EXCHANGE, exchange, lambda host: _exchange(restoring, host)),
        *starting_stages(restoring, restoring.members, stopped=bool(exchange)),
    )
    return Plan(stages=in_order(preparing)), Plan(stages=in_order(exchanging))


def starting_stages(restoring: Restoring, members: tuple[Host, ...], *, stopped: bool) -> tuple[Stage, ...]:
    """Return the stages that start etcd, then API servers, then controllers, the latter two on all hosts at once.

    A member is started once the one before it serves its peers, so that none waits for another.
    """

    def start(name: str) -> Callable[[Host], tuple[Step, ...]]:
        return lambda host: starts(restoring.host(host), restoring.container(host, name), stopped=stopped)

    def start_member(host: Host) -> tuple[Step, ...]:
        spec = serving_peers(restoring.container(host, ETCD))
        return starts(restoring.host(host), spec, stopped=stopped)

    def prove_member(host: Host) -> tuple[Step, ...]:
        why = ("it needs a quorum of those that were started",)
        return (ProveContainer(host=host.name, spec=restoring.container(host, ETCD), why=why),)

    plane = tuple(host for host in restoring.control_plane if restoring.carries(host, API_SERVER))
    return (
        replace(stage_of(START_ETCD, members, start_member), at_once=1),
        stage_of(PROVE_ETCD, members, prove_member),
        stage_of(START_API_SERVERS, plane, lambda host: _server(restoring, host, stopped=stopped)),
        stage_of(START_CONTROLLERS, plane, lambda host: tuple(s for name in CONTROLLERS for s in start(name)(host))),
    )


def _server(restoring: Restoring, host: Host, *, stopped: bool) -> tuple[Step, ...]:
    """Return the steps that start an API server, with the keys of what it is going to read where it has others."""
    there, spec = restoring.host(host), restoring.container(host, API_SERVER)
    keys = tuple(file for file in restoring.nodes[host.name].files if file.path == ENCRYPTION)
    write = renewed(restoring, host) or _write(restoring, host, keys)
    found = there.containers.get(API_SERVER)
    flagged = found is not None and any(
        flag_name(word) == _FLAG for word in (*found.spec.entrypoint, *found.spec.command)
    )
    if keys and found is not None and not flagged:
        return (*write, ReplaceContainer(host=host.name, spec=spec, why=("it has to read encrypted Secrets",)))
    started = starts(there, spec, stopped=stopped)
    if write and not started:
        why = ("its files are newer than the container",)
        return (*write, RestartContainer(host=host.name, spec=spec, why=why))
    return (*write, *started)


def in_order(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Return the stages that have something to do, each after all before it."""
    filled = tuple(stage for stage in stages if stage.turns)
    names = [stage.name for stage in filled]
    return tuple(replace(stage, after=frozenset(names[:number])) for number, stage in enumerate(filled))


def stopping_stages(restoring: Restoring) -> tuple[Stage, ...]:
    """Return the stages that stop the control plane, then etcd, on hosts that leave too."""

    def stop(*names: str) -> Callable[[Host], tuple[Step, ...]]:
        return lambda host: tuple(stops(restoring.host(host), names))

    return (
        stage_of(STOP_CONTROL_PLANE, restoring.every, stop(*_CONTROL_PLANE)),
        stage_of(STOP_ETCD, restoring.every, stop(ETCD)),
    )


def stage_of(name: str, hosts: tuple[Host, ...], steps: Callable[[Host], tuple[Step, ...]]) -> Stage:
    """Return a stage with a turn for each host that has something to do."""
    turns = ((host, steps(host)) for host in hosts)
    return Stage(
        name=name,
        turns=tuple(Turn(stage=name, host=host.name, steps=todo) for host, todo in turns if todo),
        limit=0,
    )


def _bring(restoring: Restoring, host: Host) -> tuple[Step, ...]:
    data, snapshot = restoring.found[host.name], restoring.snapshot
    if data.prepared or data.in_place or host.name in snapshot.holders:
        return ()
    return (
        BringSnapshot(
            host=host.name,
            tools=restoring.cluster.images.tools,
            snapshot=snapshot.name,
            source=snapshot.source,
            file="" if snapshot.source else restoring.restore.asked,
            target=brought_name(restoring.restore.token),
            size=snapshot.size,
            why=("it does not have it, and every member begins with the same file",),
        ),
    )


def _prepare(restoring: Restoring, host: Host) -> tuple[Step, ...]:
    data, restore = restoring.found[host.name], restoring.restore
    if data.prepared or data.in_place:
        return ()
    held = host.name in restoring.snapshot.holders
    return (
        *_files(restoring, host),
        PrepareRestore(
            host=host.name,
            tools=restoring.cluster.images.tools,
            snapshot=restoring.snapshot.name if held else brought_name(restore.token),
            sha256=restoring.snapshot.sha256,
            token=restore.token,
            line=restoring.line,
            member=member_name(host),
            peer=peer_url(host),
            members=",".join(f"{member_name(member)}={peer_url(member)}" for member in restoring.members),
            bump=restore.bump,
            why=("beside the data in use, so that what can fail fails while they still are",),
        ),
    )


def renewed(restoring: Restoring, host: Host) -> tuple[WriteFiles, ...]:
    """Return the step that brings a host new certificates, and what else differs, where one there has ended."""
    return _write(restoring, host, restoring.nodes[host.name].files) if host.name in restoring.ended else ()


def _files(restoring: Restoring, host: Host) -> tuple[WriteFiles, ...]:
    """Return the step that brings etcd's files to a host that has no etcd yet, or whose certificates have ended.

    ``up`` brings all others.
    """
    if restoring.carries(host, ETCD) or host.name in restoring.ended:
        return renewed(restoring, host)
    needed = restoring.container(host, ETCD).files
    return _write(restoring, host, tuple(file for file in restoring.nodes[host.name].files if file.path in needed))


def _write(restoring: Restoring, host: Host, files: tuple[FileSpec, ...]) -> tuple[WriteFiles, ...]:
    """Return the step that writes those of the files that differ on the host."""
    there = restoring.host(host).files or {}
    return write_files(host.name, files, there, restoring.cluster.images.pod_infra_container)


def _exchange(restoring: Restoring, host: Host) -> tuple[Step, ...]:
    if restoring.found[host.name].in_place:
        return ()
    tools, token = restoring.cluster.images.tools, restoring.restore.token
    return (PutRestoredInPlace(host=host.name, tools=tools, token=token, why=("it was asked for",)),)
