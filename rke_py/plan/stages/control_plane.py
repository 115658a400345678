"""The control-plane nodes, one after another, each proved before the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rke_py.cluster.model import Host, Role
from rke_py.plan.converge import converge
from rke_py.plan.limits import limit_of
from rke_py.plan.model import Stage, Turn
from rke_py.plan.rke.shape import SIDEKICK
from rke_py.plan.stage_names import ACCESS, CONTROL_PLANE, CONTROLLERS, ENCRYPTION, ETCD, SETTLE, prepared
from rke_py.plan.steps import CreateContainer, RemoveContainer, Step, TakesDown
from rke_py.plan.wanted import Wanted

_API_SERVER = ("kube-apiserver",)
_PROXY_GRACE = 5
_CONTROLLERS = ("kube-controller-manager", "kube-scheduler")


def control_plane_stage(wanted: Wanted) -> Stage:
    """Plan API server, controller manager and scheduler of every control-plane node.

    In a new cluster the API servers start as soon as the first etcd member is healthy: the others join meanwhile, and
    nobody uses an API server yet; controller manager and scheduler have a stage of their own. Where somebody may use
    them, they wait for all of etcd, and a host is done with all three before the next; who does not serve comes first.
    """
    components = _API_SERVER if wanted.quiet else (SIDEKICK, *_API_SERVER, *_CONTROLLERS)
    hosts = wanted.reachable(Role.CONTROLPLANE)
    turns = tuple(
        Turn(stage=CONTROL_PLANE, host=host.name, steps=steps, after=_after(wanted, host))
        for host in sorted(hosts, key=lambda host: (host.name in wanted.observed.ready_servers, _runs(wanted, host)))
        if (steps := _steps(wanted, host, components))
    )
    limit = _limit(wanted, len(hosts))
    after = frozenset[str]() if wanted.quiet else frozenset({ACCESS, ETCD, SETTLE, ENCRYPTION})
    ordered = tuple(_after_those_that_come(wanted, turns))
    return Stage(name=CONTROL_PLANE, turns=ordered, limit=limit, at_once=limit, after=after)


def _after_those_that_come(wanted: Wanted, turns: tuple[Turn, ...]) -> Iterator[Turn]:
    """Let an API server that serves be taken down once those that do not serve yet had their turns.

    One of them may be the only one that could stand in for it, and waits itself until its host is prepared.
    """
    come = frozenset(turn.key for turn in turns if turn.host not in wanted.observed.ready_servers)
    for turn in turns:
        waits = any(isinstance(step, TakesDown) and step.others for step in turn.steps)
        yield replace(turn, past=turn.past | come) if waits else turn


def _runs(wanted: Wanted, host: Host) -> bool:
    server = wanted.found(host).containers.get(_API_SERVER[0])
    return server is not None and server.running


def _steps(wanted: Wanted, host: Host, components: tuple[str, ...]) -> tuple[Step, ...]:
    """Return the steps of a host's turn; on one that had an API proxy, the API server takes its port and its place.

    The proxy goes once the API server serves, so that the host's kubelet is without one for no longer than a start.
    """
    steps = tuple(_while_others_serve(wanted, step) for step in converge(wanted, host, components))
    proxy = wanted.api_proxy
    if proxy not in wanted.going(host):
        return steps
    placed = tuple(_instead_of(proxy, step) for step in steps)
    if placed != steps:
        return placed
    why = ("the host becomes control plane",)
    return (RemoveContainer(host=host.name, name=proxy, grace=_PROXY_GRACE, why=why), *steps)


def _instead_of(proxy: str, step: Step) -> Step:
    if isinstance(step, CreateContainer) and step.name in _API_SERVER:
        return replace(step, instead=proxy)
    return step


def _while_others_serve(wanted: Wanted, step: Step) -> Step:
    """Let an API server that serves be taken down only while another one does; the only one has nobody to wait for.

    Nor has anyone where etcd's CA ended: whoever serves yet does not any more once the members have the new one.
    """
    serves = not wanted.members_untrusted and step.host in wanted.observed.ready_servers
    if not (serves and isinstance(step, TakesDown) and step.name in _API_SERVER):
        return step
    others = (host.name for host in wanted.reachable(Role.CONTROLPLANE) if host.name != step.host)
    return replace(step, others=tuple(others))


def controllers_stage(wanted: Wanted) -> Stage:
    """Plan controller manager and scheduler of a new cluster, each host's once its API server is ready.

    The next API server does not wait for them: they elect a leader among themselves, and the first one is enough.
    """
    if not wanted.quiet:
        return Stage(name=CONTROLLERS, turns=())
    turns = tuple(
        Turn(
            stage=CONTROLLERS,
            host=host.name,
            steps=steps,
            after=frozenset({f"{CONTROL_PLANE}/{host.name}"}),
            disrupts=False,
        )
        for host in wanted.reachable(Role.CONTROLPLANE)
        if (steps := converge(wanted, host, _CONTROLLERS))
    )
    return Stage(name=CONTROLLERS, turns=turns, limit=0)


def _limit(wanted: Wanted, total: int) -> int:
    """Return how many may be down at once: never all of them, and where etcd shares the hosts, its quorum stays."""
    asked = min(limit_of(wanted.cluster.upgrade_strategy.max_unavailable_controlplane, total), max(1, total - 1))
    shared = any(host.has(Role.ETCD) for host in wanted.cluster.with_role(Role.CONTROLPLANE))
    members = len(wanted.cluster.with_role(Role.ETCD))
    return min(asked, max(1, (members - 1) // 2)) if shared else asked


def _after(wanted: Wanted, host: Host) -> frozenset[str]:
    """Wait for the first etcd member; for the only one until it has its standing form, as nobody stands in for it."""
    if not wanted.quiet:
        return prepared(host)
    alone = len(wanted.cluster.with_role(Role.ETCD)) == 1
    return prepared(host) | {f"{SETTLE if alone else ETCD}/{wanted.first_member}"}
