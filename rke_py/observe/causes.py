"""Looks for what only a search for causes needs: paths of pods and Services, names, how fast etcd's disks are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rke_py.cluster.model import Cluster, Role
from rke_py.diagnosis.model import Echo, Health
from rke_py.errors import EtcdError, HostError
from rke_py.kube.interface import ClusterAccess
from rke_py.plan.containers import RunningCheck
from rke_py.plan.node import NodePlan
from rke_py.plan.observed import EtcdDisk, ObservedHost
from rke_py.transport.interface import Fleet
from rke_py.transport.parallel import for_each
from rke_py.transport.tools import run_tools

_DIAL_SECONDS = 3.0
_ECHO_SECONDS = 2.0
_TOOLS_SECONDS = 60.0
_LOG_LINES = 8


def look_at_health(
    fleet: Fleet, access: ClusterAccess, nodes: Mapping[str, NodePlan], hosts: Mapping[str, ObservedHost]
) -> tuple[Health, ...]:
    """Ask every wanted component for its health, and one that is not well for its last lines."""
    wanted = [name for name, host in hosts.items() if host.reachable]
    seen = for_each(wanted, lambda name: tuple(_health(name, fleet, access, nodes[name], hosts[name])))
    return tuple(one for answer in seen.values() if not isinstance(answer, HostError) for one in answer)


def look_at_services(cluster: Cluster, fleet: Fleet, hosts: Iterable[str]) -> Mapping[str, str]:
    """Try the Service of the API from each host; in the words of ``PortState``."""
    address = cluster.services.first_service_ips[0]
    seen = for_each(hosts, lambda host: fleet[host].port(address, 443, _DIAL_SECONDS))
    return {host: str(state) for host, state in seen.items() if not isinstance(state, HostError)}


def look_at_names(cluster: Cluster, access: ClusterAccess, hosts: Iterable[str]) -> Mapping[str, str]:
    """Ask the cluster's DNS from each host for the name of the API; why there was no answer, empty where there was."""
    server, name = cluster.services.cluster_dns_server, f"kubernetes.default.svc.{cluster.services.cluster_domain}"
    seen = for_each(hosts, lambda host: access.resolve(host, server, name))
    return {host: fault for host, fault in seen.items() if not isinstance(fault, HostError)}


def look_at_echoes(cluster: Cluster, fleet: Fleet, hosts: Mapping[str, ObservedHost]) -> tuple[Echo, ...]:
    """Let each host ask each other one for an echo over the pod network."""
    deep = {name: host.deep for name, host in hosts.items() if host.deep is not None and host.deep.tunnel}
    smallest = min((found.tunnel_mtu for found in deep.values()), default=0)
    by_address = {found.tunnel: name for name, found in deep.items()}

    def asked(name: str) -> tuple[Echo, ...]:
        others = [address for address, target in by_address.items() if target != name]
        command = ("ping", "--size", str(smallest), "--seconds", str(_ECHO_SECONDS), *others)
        answer = run_tools(fleet[name].engine, name, cluster.images.tools, command, timeout=_TOOLS_SECONDS)
        return tuple(
            Echo(source=name, target=by_address[address], small=found["small"], large=found["large"])
            for address, found in answer["answers"].items()
        )

    if len(deep) < 2:
        return ()
    seen = for_each(deep, asked)
    return tuple(echo for answer in seen.values() if not isinstance(answer, HostError) for echo in answer)


def look_at_disks(cluster: Cluster, access: ClusterAccess, hosts: Iterable[str]) -> Mapping[str, EtcdDisk]:
    """Ask each etcd member what it counted of its writes."""
    there = set(hosts)
    members = [host.name for host in cluster.with_role(Role.ETCD) if host.name in there]

    def asked(name: str) -> EtcdDisk | None:
        try:
            return access.etcd(name).disk()
        except EtcdError:
            return None

    seen = for_each(members, asked)
    return {name: disk for name, disk in seen.items() if isinstance(disk, EtcdDisk)}


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
        lines = () if ok else fleet[name].engine.logs(spec.name, _LOG_LINES)
        yield Health(
            host=name,
            name=spec.name,
            container=str(found.status),
            healthy=ok,
            detail="" if ok else detail,
            exit_code=found.exit_code,
            last_lines=lines,
        )
