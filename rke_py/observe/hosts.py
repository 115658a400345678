"""Looks at every host: Docker's facts, containers, images, and our files through a container that mounts them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from rke_py.cluster.model import Cluster, Host
from rke_py.errors import HostError, LeftOut, Unreachable
from rke_py.plan.containers import FoundContainer
from rke_py.plan.files import FoundFile
from rke_py.plan.observed import Observed, ObservedHost
from rke_py.transport.interface import Engine, Fleet
from rke_py.transport.parallel import for_each

FOLDER = "/etc/kubernetes"


def look_at_every_host(cluster: Cluster, fleet: Fleet, skip: frozenset[str] = frozenset()) -> Observed:
    """Look at all hosts, those that are wanted and apart from them those that leave, which no check is about."""
    seen = look_at_hosts(cluster.every, fleet, skip)
    return Observed(
        hosts={host.name: seen[host.name] for host in cluster.hosts},
        leaving={host.name: seen[host.name] for host in cluster.leaving},
    )


def look_at_hosts(
    hosts: Iterable[Host], fleet: Fleet, skip: frozenset[str] = frozenset()
) -> Mapping[str, ObservedHost]:
    """Look at hosts, all at once; one that cannot be looked at, or is to be done without, carries its fault."""
    names = [host.name for host in hosts]
    seen = for_each((name for name in names if name not in skip), lambda name: _look(name, fleet))
    left_out = {name: LeftOut(name, "left out of this run, as asked") for name in names if name in skip}
    return {
        name: ObservedHost(name=name, fault=answer) if isinstance(answer, HostError) else answer
        for name, answer in {**seen, **left_out}.items()
    }


def _look(name: str, fleet: Fleet) -> ObservedHost:
    fault = fleet.faults.get(name)
    if fault is not None:
        raise fault if isinstance(fault, HostError) else Unreachable(name, str(fault))
    engine = fleet[name].engine
    containers = {container.name: container for container in engine.containers()}
    return ObservedHost(
        name=name,
        facts=engine.facts(),
        containers=containers,
        files=_files(engine, containers.values()),
        images=engine.images(),
    )


def _files(engine: Engine, containers: Collection[FoundContainer]) -> Mapping[str, FoundFile] | None:
    """Read our files through a container that mounts them at their own path; None when there is none."""
    window = next((c.name for c in containers if any(map(_mounts_ours, c.spec.binds))), None)
    started = {container.started_at for container in containers if container.started_at is not None}
    return None if window is None else engine.read_files(window, FOLDER, started)


def _mounts_ours(bind: str) -> bool:
    """Tell whether a bind shows our folder at its usual place, wherever below a prefix the host keeps it."""
    source, target, *_ = (*bind.split(":"), "")
    return target == FOLDER and source.endswith(FOLDER)
