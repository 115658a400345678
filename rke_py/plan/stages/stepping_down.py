"""API servers and etcd members that leave, one at a time, once everybody has been told to do without them."""

from __future__ import annotations

from rke_py.cluster.model import Host, Role
from rke_py.plan.components.apiserver import kube_apiserver
from rke_py.plan.converge import converge
from rke_py.plan.departing import (
    API_SERVERS,
    CONTROL_PLANE_CONTAINERS,
    ETCD,
    come,
    dead_api_server,
    demoted,
    departing,
    keeps_older_api_server,
    kept_by,
    serves,
    surplus_members,
)
from rke_py.plan.model import Stage, Turn
from rke_py.plan.node import shutdown_delay
from rke_py.plan.node_steps import node_steps
from rke_py.plan.stage_names import (
    API_PROXIES,
    CONTROL_PLANE,
    DRAIN,
    LEAVE_CONTROL_PLANE,
    LEAVE_ETCD,
    NODES,
    WORKERS,
    node_turn,
)
from rke_py.plan.steps import ProveOtherApiServers, RemoveContainer, RemoveEtcdMember, Step, WriteKubeconfig
from rke_py.plan.wanted import Wanted

_ETCD_GRACE = 30
_GRACE_OF_RKE = 10


def leave_control_plane_stage(wanted: Wanted) -> Stage:
    """Plan the end of API servers and controllers on hosts that are no control plane any more.

    Every host's API proxy lists the API servers that stay by then, and the kubeconfig leads to one of them. On a host
    that stays the API proxy takes the place of the API server, and a newer kubelet comes only then.
    """
    hosts = [host for host in (*departing(wanted), *demoted(wanted)) if _there(wanted, host)]
    told = _told(wanted) if hosts else frozenset()
    first, leaving = come(wanted), {host.name for host in departing(wanted)}
    turns = tuple(
        Turn(
            stage=LEAVE_CONTROL_PLANE,
            host=host.name,
            steps=_leave_control_plane(wanted, host),
            after=frozenset({f"{DRAIN}/{host.name}"}) | told | (first if host.name in leaving else frozenset()),
        )
        for host in hosts
    )
    after = frozenset({CONTROL_PLANE, NODES, WORKERS})
    return Stage(name=LEAVE_CONTROL_PLANE, turns=turns, limit=1, at_once=1, after=after)


def leave_etcd_stage(wanted: Wanted) -> Stage:
    """Plan the end of members that serve: out of etcd by their id, then their container; whoever leads goes last.

    No API server asks them any more: those that stay were given the members that stay, and one that could not leave
    keeps the members. A host that has to wait with its leave keeps its member too.
    """
    members = sorted(surplus_members(wanted), key=lambda entry: entry[1].leader)
    first, leaving = come(wanted), {host.name for host in wanted.cluster.leaving}
    kept = leaving if kept_by(wanted) else set[str]()
    servers = frozenset(f"{LEAVE_CONTROL_PLANE}/{host.name}" for host in (*departing(wanted), *demoted(wanted)))
    turns = tuple(
        Turn(
            stage=LEAVE_ETCD,
            host=host,
            steps=(
                RemoveEtcdMember(host=host, member=member.id, name=member.name, why=("its host leaves etcd",)),
                RemoveContainer(host=host, name=ETCD, grace=_ETCD_GRACE, why=("its member is removed",)),
            ),
            after=frozenset({f"{DRAIN}/{host}"}) | servers | (first if host in leaving else frozenset()),
        )
        for host, member in members
        if serves(wanted, host, member) and host not in kept
    )
    after = frozenset({CONTROL_PLANE, LEAVE_CONTROL_PLANE})
    return Stage(name=LEAVE_ETCD, turns=turns, limit=1, at_once=1, after=after)


def _leave_control_plane(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    why = ("it is no control plane any more",)
    cluster = wanted.cluster
    others = tuple(other.name for other in wanted.reachable(Role.CONTROLPLANE))
    grace = kube_apiserver(cluster, host, shutdown_delay(cluster)).grace if cluster.rke is None else _GRACE_OF_RKE
    proxied = not host.roles or dead_api_server(wanted, host)
    proxy = () if proxied else converge(wanted, host, (wanted.api_proxy,))
    late = node_steps(wanted, host) if keeps_older_api_server(wanted, host) else ()
    return (
        WriteKubeconfig(host=host.name, why=why),
        ProveOtherApiServers(host=host.name, others=others, why=why),
        *(
            RemoveContainer(host=host.name, name=name, grace=grace if name in API_SERVERS else 10, why=why)
            for name in _there(wanted, host)
        ),
        *proxy,
        *late,
    )


def _there(wanted: Wanted, host: Host) -> tuple[str, ...]:
    """Return what is left of the control plane on a host; an API server that does not run goes with the node's turn."""
    dead = {API_SERVERS[0]} if dead_api_server(wanted, host) else set[str]()
    going = [name for name in wanted.going(host) if name not in dead]
    return tuple(name for base in CONTROL_PLANE_CONTAINERS for name in going if name.removeprefix("old-") == base)


def _told(wanted: Wanted) -> frozenset[str]:
    """Return the turns in which API proxies are told which API servers stay, those of hosts that leave too."""
    staying = (
        node_turn(host)
        for host in wanted.reachable()
        if not host.may_carry(Role.CONTROLPLANE) and converge(wanted, host, (wanted.api_proxy,))
    )
    return frozenset((*staying, *(f"{API_PROXIES}/{host.name}" for host in departing(wanted))))
