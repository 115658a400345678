"""``rke-py doctor``: what is wrong with the cluster, why, and what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from rke_py.cluster.model import Cluster
from rke_py.diagnosis.checks import CHECKS, diagnose
from rke_py.diagnosis.model import Examined, Finding
from rke_py.errors import ApiError, HostError
from rke_py.kube.interface import ClusterAccess
from rke_py.observe.backups import look_at_backups
from rke_py.observe.causes import (
    look_at_disks,
    look_at_echoes,
    look_at_health,
    look_at_names,
    look_at_services,
)
from rke_py.pki.inventory import with_every_name
from rke_py.plan.checks import PortPath, required_ports
from rke_py.plan.node import node_plans
from rke_py.plan.observed import Observed, ObservedPod
from rke_py.rollout.images import Images
from rke_py.state.model import State
from rke_py.stores.statefile import StateStore
from rke_py.transport.interface import Fleet
from rke_py.transport.parallel import apart
from rke_py.workflows.context import Context
from rke_py.workflows.insides import look_inside
from rke_py.workflows.loading import refuse_while_migrating
from rke_py.workflows.looking import look_to_tell
from rke_py.workflows.pulls import images_of
from rke_py.workflows.remembered import asked_of, existing
from rke_py.workflows.secrecy import secrets_of

Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found.

    Attributes:
        checks: Names of the checks that judged.
        untried: What could not be looked at, and why.
    """

    findings: tuple[Finding, ...]
    checks: tuple[str, ...]
    untried: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """True when everything was looked at and nothing was found, warnings aside."""
        return not self.untried and all(finding.warning for finding in self.findings)


def doctor(context: Context) -> Diagnosis:
    """Look for known causes of trouble without changing anything in the cluster.

    On every host a short-lived container of the tools image looks at what Docker does not show; the image is fetched
    where it is missing.

    Raises:
        UsageError: There is no state file, so nothing was made yet; or hosts are leaving RKE's releases.
    """
    state = existing(StateStore(context.state_path).read(), context)
    asked = asked_of(context, state)
    cluster = asked.cluster
    refuse_while_migrating(cluster, "a diagnosis")
    context.protect(secrets_of(state, asked.loaded.config))
    with ExitStack() as stack:
        fleet = stack.enter_context(context.edges.fleet(cluster, context))
        access = stack.enter_context(context.edges.access(cluster, fleet, lambda: state.bundle))
        images = stack.enter_context(images_of(cluster, fleet, context))
        examined = _examine(cluster, state, fleet, access, images, context)
    return Diagnosis(findings=diagnose(examined), checks=tuple(CHECKS), untried=examined.untried)


def _examine(
    cluster: Cluster, state: State, fleet: Fleet, access: ClusterAccess, images: Images, context: Context
) -> Examined:
    """Look at everything that the checks judge."""
    observed = look_to_tell(cluster, state, fleet, access, context.skip)
    there = [host.name for host in cluster.hosts if observed.hosts[host.name].reachable]
    lost, run = _Lost(), context.look_id()
    first = lost.apart("etcd's disk", look_at_disks(cluster, access, there))
    observed, ports = _deeper(cluster, fleet, images, observed, lost, run)
    pods: tuple[ObservedPod, ...] = ()
    if observed.api:
        try:
            pods = access.api.system_pods()
        except ApiError as error:
            lost.untried.append(f"pods of the system: {error.what}")
    state = replace(state, bundle=with_every_name(cluster, state.bundle))
    nodes = node_plans(cluster, state, observed)
    services = lost.apart("Services", look_at_services(cluster, fleet, there) if observed.api else {})
    echoes = lost.apart("the pod network", look_at_echoes(cluster, fleet, observed.hosts, run))
    names = lost.apart("DNS", look_at_names(cluster, access, there) if observed.api else {})
    there_now = {name: observed.hosts[name] for name in there}
    health = lost.apart("components", look_at_health(fleet, access, nodes, there_now))
    last = lost.apart("etcd's disk", look_at_disks(cluster, access, there))
    return Examined(
        cluster=cluster,
        state=state,
        now=context.clock.now(),
        observed=observed,
        health=tuple(chain.from_iterable(health.values())),
        pods=pods,
        ports=ports,
        services=services,
        names=names,
        echoes=tuple(chain.from_iterable(echoes.values())),
        disks={name: (first[name], last[name]) for name in first if name in last},
        backups=tuple(lost.apart("recurring snapshots", look_at_backups(cluster, access, there)).values()),
        untried=tuple(dict.fromkeys(lost.untried)),
    )


class _Lost:
    """Keeps what could not be looked at, and why."""

    def __init__(self) -> None:
        self.untried: list[str] = []

    def apart(self, what: str, seen: Mapping[str, Seen | HostError]) -> Mapping[str, Seen]:
        """Return what hosts answered, and keep why others did not."""
        told, faults = apart(seen)
        self.untried += [f"{what} on {name}: {fault.what}" for name, fault in faults.items()]
        return told


def _deeper(
    cluster: Cluster, fleet: Fleet, images: Images, observed: Observed, lost: _Lost, run: str
) -> tuple[Observed, Mapping[PortPath, str]]:
    """Look into every host that answers, with the tools container, and try the paths between them."""
    facts = {name: host.facts for name, host in observed.hosts.items() if host.reachable}

    def paths(ready: Collection[str]) -> Iterable[PortPath]:
        return (path for path in required_ports(cluster) if {path.source, path.target} <= set(ready))

    found, ports = look_inside(cluster, fleet, images, facts, paths, run)
    depths = lost.apart("what Docker does not show", found)
    hosts = {name: replace(host, deep=depths.get(name)) for name, host in observed.hosts.items()}
    return replace(observed, hosts=hosts), {path: str(state) for path, state in ports.items()}
