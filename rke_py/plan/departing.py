"""Who and what leaves: hosts that cluster.yml has no more, components of roles that a host lost, etcd members."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.catalog.order import minor_of, version_in_tag
from rke_py.cluster.model import Host, Role
from rke_py.errors import LeftOut
from rke_py.plan.carried import is_of_others
from rke_py.plan.components.etcd import member_name, peer_url
from rke_py.plan.observed_etcd import EtcdMember
from rke_py.plan.reconcile import old_name
from rke_py.plan.stage_names import READY, node_turn, prepared
from rke_py.plan.wanted import Wanted

CONTROL_PLANE_CONTAINERS = ("kube-scheduler", "kube-controller-manager", "kube-apiserver")
"""In the order in which they leave a host: the controllers ask the API server."""

API_SERVERS = ("kube-apiserver", old_name("kube-apiserver"))
ETCD = "etcd"


def departing(wanted: Wanted) -> tuple[Host, ...]:
    """Return the hosts that leave, answer, and still belong to this cluster: they are emptied and cleaned.

    None while that has to wait (``kept_by``).
    """
    return () if kept_by(wanted) else tuple(host for host in wanted.cluster.leaving if _is_ours(wanted, host))


def kept_by(wanted: Wanted) -> str:
    """Return why no host may leave in this run, empty when they may: their pods could not be moved elsewhere."""
    if not wanted.observed.api:
        return "no API server answers" if wanted.finished_once else ""
    silent = ", ".join(host.name for host in coming(wanted) if not _answers(wanted, host))
    return f"{silent} is to come first and does not answer" if silent else ""


def coming(wanted: Wanted) -> tuple[Host, ...]:
    """Return the hosts that are no nodes of the cluster yet: whoever leaves goes once they are."""
    there = wanted.observed.nodes
    return tuple(host for host in wanted.cluster.hosts if wanted.observed.api and host.name not in there)


def come(wanted: Wanted) -> frozenset[str]:
    """Return the turns that make them nodes: what waits for these waits for ever once one of them failed."""
    turns = ((*prepared(host), node_turn(host), f"{READY}/{host.name}") for host in coming(wanted))
    return frozenset(turn for each in turns for turn in each)


def lost(wanted: Wanted) -> tuple[Host, ...]:
    """Return the hosts that leave and do not answer: they are forgotten."""
    return tuple(host for host in wanted.cluster.leaving if not wanted.found(host).reachable)


def gone(wanted: Wanted) -> tuple[Host, ...]:
    """Return the hosts that leave and whose machine is another's by now: nothing on it is touched."""
    return tuple(host for host in wanted.cluster.leaving if wanted.found(host).reachable and not _is_ours(wanted, host))


def waiting(wanted: Wanted) -> tuple[str, ...]:
    """Return the names of the hosts that cannot leave in this run."""
    late = bool(kept_by(wanted))
    return tuple(host.name for host in wanted.cluster.leaving if late and _is_ours(wanted, host))


def demoted(wanted: Wanted) -> tuple[Host, ...]:
    """Return the hosts that stay, answer, and lost roles."""
    return tuple(host for host in wanted.reachable() if wanted.going(host) or host.carried - host.roles)


def dead_api_server(wanted: Wanted, host: Host) -> bool:
    """Tell whether a host that stays lost the control plane and has an API server that does not run.

    Its kubelet asks that one and so cannot become Ready: the API proxy takes its place at once, as nobody else asks it.
    """
    server = wanted.found(host).containers.get("kube-apiserver")
    return bool(host.roles) and "kube-apiserver" in wanted.going(host) and server is not None and not server.running


def keeps_api_server(wanted: Wanted, host: Host) -> bool:
    """Tell whether a host that lost the control plane has its API server, and so no API proxy, for some time yet."""
    return "kube-apiserver" in wanted.going(host) and not dead_api_server(wanted, host)


def keeps_older_api_server(wanted: Wanted, host: Host) -> bool:
    """Tell whether the host stays and that API server is of an older minor version than the kubelet is to be.

    A kubelet is never newer than the API server that it asks (Kubernetes' version skew policy), so it waits for the end
    of that one.
    """
    if not host.roles or not keeps_api_server(wanted, host):
        return False
    server = minor_of(version_in_tag(wanted.found(host).containers["kube-apiserver"].spec.image))
    kubelet = minor_of(wanted.kubelet_version)
    return server is not None and kubelet is not None and server < kubelet


def only_worked(host: Host) -> bool:
    """Tell whether a host was nothing but a worker until now."""
    return host.carried == {Role.WORKER}


def surplus_members(wanted: Wanted) -> Iterator[tuple[str, EtcdMember]]:
    """Yield the etcd members that no host is to have any more, each with its host's name.

    A member of a host that stays and only changed its address is not among them: it is removed when the host joins
    again. A member that is neither a host's of ours nor was one is somebody else's business.
    """
    staying = wanted.cluster.with_role(Role.ETCD)
    kept = {peer_url(host) for host in staying}
    again = {member_name(host) for host in staying}
    ours = {f"etcd-{name}": name for name in (*wanted.state.hosts, *(host.name for host in wanted.cluster.every))}
    places = {peer_url(host): host.name for host in wanted.cluster.every}
    for member in wanted.observed.etcd.members:
        if kept.intersection(member.peer_urls) or member.name in again:
            continue
        host = ours.get(member.name) or next((places[url] for url in member.peer_urls if url in places), "")
        if host:
            yield host, member


def serves(wanted: Wanted, host: str, member: EtcdMember) -> bool:
    """Tell whether a member of a leaving host still does its part, so that it is let go with care; no learner does."""
    known = (*wanted.observed.hosts, *wanted.observed.leaving)
    return member.healthy and not member.learner and host in known and wanted.observed.host(host).reachable


def stepping_down(wanted: Wanted, host: Host) -> frozenset[str]:
    """Return the names of the host's containers that go one at a time, before the host is cleaned."""
    planes = {name for name in wanted.going(host) if name.removeprefix("old-") in CONTROL_PLANE_CONTAINERS}
    let_go = any(name == host.name and serves(wanted, name, member) for name, member in surplus_members(wanted))
    return frozenset(planes | ({ETCD} if let_go else set()))


def costs(wanted: Wanted) -> Iterator[str]:
    """Yield what it costs that hosts leave; each needs consent."""
    for host in departing(wanted):
        yield (
            f"{host.name} leaves the cluster: its pods are evicted, then everything of the cluster on it is deleted, "
            "pods' local data included"
        )
    for host in lost(wanted):
        yield (
            f"{host.name} leaves the cluster and does not answer: its pods are started elsewhere although they may "
            f"still run there, and it is not cleaned (rke-py node clean {host.name} does that later)"
        )
    for host in gone(wanted):
        yield f"{host.name} leaves the cluster: its machine is another's by now, and nothing on it is touched"
    for host in wanted.reachable():
        if Role.ETCD in host.carried - host.roles:
            yield f"{host.name} is no etcd member any more: its copy of etcd's data is deleted"


def _answers(wanted: Wanted, host: Host) -> bool:
    found = wanted.found(host)
    return found.reachable or isinstance(found.fault, LeftOut)


def _is_ours(wanted: Wanted, host: Host) -> bool:
    """Tell whether a host carries this cluster; one without a CA that could be read was cleaned, or half so.

    A new machine may have the address of one that leaves, and a machine may serve another cluster by now.
    """
    found = wanted.found(host)
    if not found.reachable or any(host.address == other.address for other in wanted.cluster.hosts):
        return False
    return not is_of_others(found, wanted.state)
