"""Looks for what only a search for causes needs: paths of pods and Services, names, how fast etcd's disks are.

Each returns, by host, what it saw, or why that host could not be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rke_py.cluster.model import Cluster, Role
from rke_py.diagnosis.model import Echo, Health
from rke_py.errors import EtcdError, HostError
from rke_py.kube.interface import ClusterAccess
from rke_py.plan.containers import RunningCheck
from rke_py.plan.node import NodePlan
from rke_py.plan.observed import ObservedHost
from rke_py.plan.observed_etcd import EtcdDisk
from rke_py.transport.interface import Engine, Fleet
from rke_py.transport.parallel import for_each
from rke_py.transport.tools import look_name, run_tools

_DIAL_SECONDS = 3.0
_ECHO_SECONDS = 2.0
_TOOLS_SECONDS = 60.0
_LOG_LINES = 8


def look_at_health(
    fleet: Fleet, access: ClusterAccess, nodes: Mapping[str, NodePlan], hosts: Mapping[str, ObservedHost]
) -> Mapping[str, tuple[Health, ...] | HostError]:
    """Ask every wanted component for its health, and one that is not well for its last lines."""
    wanted = [name for name, host in hosts.items() if host.reachable]
    return for_each(wanted, lambda name: tuple(_health(name, fleet, access, nodes[name], hosts[name])))


def look_at_services(cluster: Cluster, fleet: Fleet, hosts: Iterable[str]) -> Mapping[str, str | HostError]:
    """Try the Service of the API from each host; in the words of ``PortState``."""
    address = cluster.services.first_service_ips[0]
    return for_each(hosts, lambda host: str(fleet[host].port(address, 443, _DIAL_SECONDS)))


def look_at_names(cluster: Cluster, access: ClusterAccess, hosts: Iterable[str]) -> Mapping[str, str | HostError]:
    """Ask the cluster's DNS from each host for the name of the API; why there was no answer, empty where there was."""
    server, name = cluster.services.cluster_dns_server, f"kubernetes.default.svc.{cluster.services.cluster_domain}"
    return for_each(hosts, lambda host: access.resolve(host, server, name))


def look_at_echoes(
    cluster: Cluster, fleet: Fleet, hosts: Mapping[str, ObservedHost], run: str
) -> Mapping[str, tuple[Echo, ...] | HostError]:
    """Let each host ask each other one for an echo over the pod network."""
    deep = {name: host.deep for name, host in hosts.items() if host.deep is not None and host.deep.tunnel}
    smallest = min((found.tunnel_mtu for found in deep.values()), default=0)
    by_address = {found.tunnel: name for name, found in deep.items()}

    def asked(name: str) -> tuple[Echo, ...]:
        others = [address for address, target in by_address.items() if target != name]
        command = ("ping", "--size", str(smallest), "--seconds", str(_ECHO_SECONDS), *others)
        engine, container = fleet[name].engine, look_name("ping", run)
        answer = run_tools(engine, name, cluster.images.tools, command, timeout=_TOOLS_SECONDS, name=container)
        return tuple(
            Echo(source=name, target=by_address[address], small=found["small"], large=found["large"])
            for address, found in answer["answers"].items()
        )

    return for_each(deep, asked) if len(deep) > 1 else {}


def look_at_disks(cluster: Cluster, access: ClusterAccess, hosts: Iterable[str]) -> Mapping[str, EtcdDisk | HostError]:
    """Ask each etcd member what it counted of its writes; one that does not answer is told of elsewhere."""
    there = set(hosts)
    members = [host.name for host in cluster.with_role(Role.ETCD) if host.name in there]

    def asked(name: str) -> EtcdDisk | None:
        try:
            return access.etcd(name).disk()
        except EtcdError:
            return None

    return {name: disk for name, disk in for_each(members, asked).items() if disk is not None}


def _health(name: str, fleet: Fleet, access: ClusterAccess, wanted: NodePlan, host: ObservedHost) -> Iterator[Health]:
    for spec in wanted.containers:
        found = host.containers.get(spec.name)
        if found is None:
            yield Health(host=name, name=spec.name, container="absent", healthy=False)
            continue
        ok, detail = found.running or not spec.starts, ""
        if found.running and not isinstance(spec.check, RunningCheck):
            answer = access.check(name, spec.check)
            ok, detail = answer.ok, answer.detail
        lines = () if ok else _last_lines(fleet[name].engine, spec.name)
        yield Health(
            host=name,
            name=spec.name,
            container=str(found.status),
            healthy=ok,
            detail="" if ok else detail,
            exit_code=found.exit_code,
            last_lines=lines,
        )


def _last_lines(engine: Engine, name: str) -> tuple[str, ...]:
    """Return a container's last lines; none when they cannot be had, since they are only evidence."""
    try:
        return engine.logs(name, _LOG_LINES)
    except HostError:
        return ()
