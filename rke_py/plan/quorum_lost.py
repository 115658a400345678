"""etcd without a quorum: whether it can have one again, else which member becomes a cluster of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.plan.checks.words import amount, listed
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.components.etcd import DATA
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.model import Plan, Stage, Turn
from rke_py.plan.node import NodePlan
from rke_py.plan.observed import Observed
from rke_py.plan.reconcile import container_on
from rke_py.plan.restore.containers import as_it_was, starts
from rke_py.plan.steps import ForceNewCluster, KeepMemberData, Step, StopContainer

STOP, RECOVER, START = "stop API servers and other survivors", "recover etcd", "start API servers"
_GRACE = 30
_SPARE = 64 << 20
"""Bytes that stay free beside the copy of the data (``rke_py/tools/restoring.keep_member``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """A host that answers and has a member's data.

    Attributes:
        knows: The last election that its member took part in, then the last entry of its log: by these survivors
            compare. None while it does not run.
        size: Bytes of its data.
        free: Free bytes beside them; None where nobody measured.
    """

    host: str
    knows: tuple[int, int] | None = None
    size: int = 0
    free: int | None = None

    def told(self) -> str:
        """Return it for the operator who has to agree."""
        return f"{self.host} (raft term {self.knows[0]}, index {self.knows[1]})" if self.knows else self.host


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What is left of an etcd without a quorum.

    Attributes:
        voters: How many members with a vote there were.
        survivors: Those that are left.
        gone: Why each of the others is not, by host.
        unknown: Hosts that answer and could not be looked into, with the reason: they may know more than the survivors.
        begun: The host that an earlier run began to make the only one; empty when none did.
        leaving: Survivors that cluster.yml has no more, or not as members.
    """

    voters: int
    survivors: tuple[Survivor, ...]
    gone: Mapping[str, str]
    unknown: Mapping[str, str] = field(default_factory=dict)
    begun: str = ""
    leaving: tuple[str, ...] = ()

    @property
    def quorum(self) -> int:
        """How many members it needs to decide anything."""
        return self.voters // 2 + 1

    @property
    def best(self) -> Survivor:
        """The survivor that knows most; what an earlier run chose stays, since none may run by now to compare."""
        return max(self.survivors, key=lambda survivor: (survivor.host == self.begun, survivor.knows or (0, 0)))


def hindrance(lost: Lost) -> tuple[str, str] | None:
    """Return what speaks against making a cluster of one, and what to do instead; None when nothing does.

    What an earlier run began goes on as long as there are data.
    """
    names = listed(survivor.host for survivor in lost.survivors)
    if not lost.survivors:
        what = "no host that answers has a member's data, so there is nothing to make a cluster of"
        return what, "Restore a snapshot: rke-py etcd snapshot restore NAME"
    if lost.begun:
        return None
    if len(lost.survivors) >= lost.quorum:
        what = f"etcd can have its quorum again: {names} answer and have their data, and {lost.quorum} are enough"
        return (
            what,
            "Run rke-py up, which starts what does not run; rke-py doctor says why members do not find another.",
        )
    if lost.unknown:
        what = f"nobody can tell what of etcd there is on {'; '.join(f'{n}: {why}' for n, why in lost.unknown.items())}"
        return what, "Mend that; or switch the machine off, if it is to be given up with what it has."
    if lost.leaving:
        what = f"{listed(lost.leaving)} has a member's data too, and cluster.yml gives it no role etcd"
        return what, "Let cluster.yml have it as it was, until etcd is recovered."
    silent = [survivor.host for survivor in lost.survivors if survivor.knows is None]
    if silent and len(lost.survivors) > 1:
        what = f"etcd does not run on {listed(silent)}, so nobody can tell whether it knows more than the others"
        hint = f"Start it there, and run the same again: docker start {ETCD}"
        return what, f"{hint}. Or switch the machine off, if it is to be given up with what it has."
    best = lost.best
    if best.free is not None and best.free < best.size + _SPARE:
        what = f"{best.host}: {amount(best.free)} are free for {DATA}, and the copy of its data needs "
        return f"{what}{amount(best.size + _SPARE)}", "Make room there."
    return None


def costs(lost: Lost) -> tuple[str, ...]:
    """Return one sentence for each thing that is given up."""
    others = tuple(survivor.told() for survivor in lost.survivors if survivor is not lost.best)
    return (
        f"etcd goes on with what {lost.best.told()} knows; what only the others knew is lost",
        *((f"it knows most of those that are left; the others begin anew: {'; '.join(others)}",) if others else ()),
        *(f"{host} is given up: {why}" for host, why in lost.gone.items()),
        "none of those given up may ever run its old etcd again: two of them could take themselves for the cluster",
    )


def recovery_plan(cluster: Cluster, observed: Observed, nodes: Mapping[str, NodePlan], lost: Lost, token: str) -> Plan:
    """Return what makes the best survivor the only member.

    API servers stop first and start anew: what they keep in memory may be of writes that only the lost members knew.
    Should this run be killed, none of them goes on with that. Those of hosts that are to have none are among them.

    Args:
        cluster: The cluster.
        observed: What one look at its hosts found.
        nodes: Files and containers of every host as wanted.
        lost: What is left of etcd.
        token: What the copy of the data is called by that is kept.
    """
    best = lost.best.host
    others = [survivor.host for survivor in lost.survivors if survivor.host != best]
    why = (f"of {lost.voters} members {len(lost.survivors)} are left, and {lost.quorum} would have to be",)
    alone: tuple[Step, ...] = (
        StopContainer(host=best, name=ETCD, grace=_GRACE, why=why),
        KeepMemberData(host=best, tools=cluster.images.tools, token=token, why=("in case it is wanted back",)),
        ForceNewCluster(host=best, spec=_etcd(cluster, observed, nodes, best), why=why),
    )
    planes = [host for host in cluster.every if API_SERVER in observed.host(host.name).containers]
    stopping: dict[str, tuple[Step, ...]] = {
        host.name: (StopContainer(host=host.name, name=API_SERVER, grace=_GRACE, why=why),) for host in planes
    }
    for host in others:
        stopping[host] = (*stopping.get(host, ()), StopContainer(host=host, name=ETCD, grace=_GRACE, why=why))
    stages = (
        _stage(STOP, stopping),
        _stage(RECOVER, {best: alone}, after=STOP if stopping else ""),
        _stage(START, {host.name: _start(observed, nodes, host) for host in planes}, after=RECOVER),
    )
    return Plan(stages=tuple(stage for stage in stages if stage.turns))


def _etcd(cluster: Cluster, observed: Observed, nodes: Mapping[str, NodePlan], host: str) -> ContainerSpec:
    """Return the container that is there, aside or not, which runs what its data were made by; else the wanted one."""
    wanted = next(spec for spec in nodes[host].containers if spec.name == ETCD)
    found = container_on(observed.hosts[host], ETCD)
    if found is None:
        return wanted
    there = found.spec
    return ContainerSpec(
        name=ETCD,
        image=there.image,
        entrypoint=there.entrypoint,
        command=there.command,
        env=there.env,
        binds=there.binds,
        user=there.user,
        security_opt=there.security_opt,
        log_options=there.log_options,
        labels=there.labels,
        grace=wanted.grace,
        check=wanted.check,
        owns=wanted.owns,
        start_timeout=wanted.start_timeout,
    )


def _start(observed: Observed, nodes: Mapping[str, NodePlan], host: Host) -> tuple[Step, ...]:
    """Return the steps that start an API server: as it was where the host is to have none."""
    there = observed.host(host.name)
    if not host.has(Role.CONTROLPLANE):
        return starts(there, as_it_was(there.containers[API_SERVER]), stopped=True)
    spec = next(spec for spec in nodes[host.name].containers if spec.name == API_SERVER)
    return starts(there, spec, stopped=True)


def _stage(name: str, steps: Mapping[str, tuple[Step, ...]], *, after: str = "") -> Stage:
    turns = tuple(Turn(stage=name, host=host, steps=todo) for host, todo in steps.items())
    return Stage(name=name, turns=turns, limit=0, after=frozenset({after} if after else ()))
