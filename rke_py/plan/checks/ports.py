"""Which ports hosts use, which paths between hosts have to be open, and what is in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.errors import Problem
from rke_py.plan.checks.words import listed
from rke_py.plan.components import (
    apiserver,
    controller_manager,
    etcd,
    haproxy,
    kube_proxy,
    kubelet,
    scheduler,
    snapshots,
)
from rke_py.plan.observed import Observed, ObservedHost
from rke_py.plan.rke.components import nginx_proxy

_NETWORK_PORTS: Mapping[str, tuple[int, str]] = {"calico": (179, "Calico's BGP"), "weave": (6783, "weave")}
_SHARED: Mapping[int, tuple[str, ...]] = {apiserver.PORT: (apiserver.NAME, haproxy.NAME, nginx_proxy.NAME)}
"""Components of which one takes the other's place on the same port when a host's roles change."""

_OPEN, _REFUSED, _NOT_CHECKED = "open", "refused", "not checked"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PortPath:
    """A TCP port of one host that another host has to reach.

    Attributes:
        source, target: Node names.
        address: The target's internal address.
        purpose: What it is for, in a few words.
    """

    source: str
    target: str
    address: str
    port: int
    purpose: str


def required_ports(cluster: Cluster) -> tuple[PortPath, ...]:
    """Return every path between hosts that has to be open.

    Pods talk to the API servers' own addresses on every node, so every host has to reach 6443 there. metrics-server may
    run on any worker and asks every kubelet; one worker tries each of them, so that the paths grow with the hosts and
    not with their square, as with the pod network. An attempt to connect tells nothing about UDP ports.
    """
    members, planes = cluster.with_role(Role.ETCD), cluster.with_role(Role.CONTROLPLANE)
    wanted = (
        *_between(members, members, etcd.PEER_PORT, "etcd peers"),
        *_between(members, members, etcd.CLIENT_PORT, "etcd clients"),
        *_between(planes, members, etcd.CLIENT_PORT, "etcd clients"),
        *_between(planes, cluster.hosts, kubelet.PORT, "kubelet"),
        *_between(cluster.hosts, planes, apiserver.PORT, "kube-apiserver"),
        *(_for_metrics(cluster) if cluster.monitoring.provider != "none" else ()),
        *_for_pods(cluster),
    )
    return tuple(dict.fromkeys(wanted))


def path_problems(observed: Observed, ports: Mapping[PortPath, str]) -> Iterable[Problem]:
    """Name paths that are not open, by target and port.

    A refused connection to a host on which nothing listened for the attempt only says that its component is down.
    """
    shut: dict[tuple[str, str, int, str, str], list[str]] = {}
    for path, state in sorted(ports.items()):
        if state not in (_OPEN, _NOT_CHECKED) and not _held_on_loopback(observed, path, state):
            shut.setdefault((path.target, path.address, path.port, path.purpose, str(state)), []).append(path.source)
    for (target, address, port, purpose, state), sources in shut.items():
        yield Problem(
            where=target,
            what=f"{listed(sources)} cannot reach {address} port {port} ({purpose}): {state}",
            hint=f"Let TCP port {port} through to {target} in its firewall and in what lies between.",
            warning=state == _REFUSED and observed.hosts[target].deep is None,
        )
    unknown = dict.fromkeys(path.source for path, state in sorted(ports.items()) if state == _NOT_CHECKED)
    if unknown:
        yield Problem(
            where="",
            what=f"whether hosts reach each other's ports could not be tried from {listed(unknown)}",
            hint="sshd there forbids it; AllowTcpForwarding yes lets rke-py try.",
            warning=True,
        )


def _held_on_loopback(observed: Observed, path: PortPath, state: str) -> bool:
    """Tell whether a refusal only means that a program holds the port for its own host alone: a fault by itself."""
    deep = observed.hosts[path.target].deep
    return state == _REFUSED and deep is not None and path.port in deep.listening


def taken_port_problems(cluster: Cluster, observed: Observed) -> Iterable[Problem]:
    """Name ports that a program of somebody else's holds on a host that was looked at more deeply."""
    for host in cluster.hosts:
        there = observed.hosts[host.name]
        if there.deep is None:
            continue
        for port, component in own_ports(cluster, host):
            if port in there.deep.listening and not any(
                _runs(there, one) for one in {component, *_SHARED.get(port, ())}
            ):
                program = there.deep.listening[port] or "an unknown program"
                yield Problem(
                    where=host.name,
                    what=f"port {port}, which {component} needs, is held by {program}",
                    hint=f"Stop that program (ss -ltnp 'sport = :{port}' shows it).",
                )


def own_ports(cluster: Cluster, host: Host) -> Iterable[tuple[int, str]]:
    """Yield the ports that components of the host listen on; RKE's etcd and snapshots have none of their own beside."""
    if host.has(Role.ETCD):
        yield from ((port, etcd.NAME) for port in (etcd.CLIENT_PORT, etcd.PEER_PORT))
        if cluster.rke is None:
            yield from ((etcd.METRICS_PORT, etcd.NAME), (snapshots.PORT, snapshots.NAME))
    if host.has(Role.CONTROLPLANE):
        yield apiserver.PORT, apiserver.NAME
        yield controller_manager.PORT, controller_manager.NAME
        yield scheduler.PORT, scheduler.NAME
    else:
        yield haproxy.PORT, haproxy.NAME
    yield from ((port, kubelet.NAME) for port in (kubelet.PORT, kubelet.HEALTH_PORT))
    yield from ((port, kube_proxy.NAME) for port in (kube_proxy.PORT, kube_proxy.METRICS_PORT))


def _runs(there: ObservedHost, component: str) -> bool:
    found = there.containers.get(component)
    return found is not None and found.running


def _for_metrics(cluster: Cluster) -> Iterable[PortPath]:
    """Yield a path to each host's kubelet from one worker, each time from the next one."""
    workers = cluster.with_role(Role.WORKER)
    for number, target in enumerate(cluster.hosts):
        others = (workers[(number + step) % len(workers)] for step in range(1, min(3, len(workers) + 1)))
        source = next((worker for worker in others if worker != target), None)
        yield from _between((source,) if source else (), (target,), kubelet.PORT, "kubelet")


def _for_pods(cluster: Cluster) -> Iterable[PortPath]:
    """Yield a path from each host to the next, for what the agents of the pod network say to one another over TCP."""
    plugin, hosts = cluster.network.plugin, cluster.hosts
    port, purpose = _NETWORK_PORTS.get(plugin, (0, ""))
    if not port or (
        plugin == "calico" and (cluster.network.options.get("calico_encapsulation") or "").startswith("vx")
    ):
        return
    for source, target in zip(hosts, (*hosts[1:], *hosts[:1]), strict=True):
        yield from _between((source,), (target,), port, purpose)


def _between(sources: Iterable[Host], targets: Iterable[Host], port: int, purpose: str) -> Iterable[PortPath]:
    """Yield a path from each source to each target; a host reaches itself without its firewall."""
    ends = tuple(targets)
    return (
        PortPath(source=source.name, target=target.name, address=target.internal_address, port=port, purpose=purpose)
        for source in sources
        for target in ends
        if source != target
    )
