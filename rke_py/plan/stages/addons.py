"""The add-ons: pod network, DNS, metrics, the user's own."""

from __future__ import annotations

from rke_py.cluster.model import Host, Role
from rke_py.plan.cache_that_goes import kubelets_are_told
from rke_py.plan.migration import node_of_rke
from rke_py.plan.model import OnFailure, Stage, Turn
from rke_py.plan.network import network_is_awaited
from rke_py.plan.rke.remains import remains_turns
from rke_py.plan.stage_names import ADDONS, CONTROL_PLANE, NODES, WORKERS, node_turn
from rke_py.plan.steps import ApplyAddon
from rke_py.plan.wanted import Wanted
from rke_py.render.addons import DNS, INGRESSES, NETWORKS, NODELOCAL

_ONE_AFTER_ANOTHER = (frozenset(NETWORKS), frozenset(INGRESSES.values()))
_ONE_BESIDE_ANOTHER = (frozenset(DNS),)


def addons_stage(wanted: Wanted) -> Stage:
    """Plan the add-ons whose objects are absent, differ or are left over; last, except in a new cluster.

    There they start with the first API server, since nodes become Ready only with a pod network.
    """
    coming, leaving, moved = _wanted_addons(wanted), _left_addons(wanted), _moved(wanted)
    turns = tuple(
        Turn(
            stage=ADDONS,
            host=step.addon,
            steps=(step,),
            after=_after(wanted, step) | _replaced(step, coming, leaving) | moved | _told(wanted, step),
            disrupts=False,
        )
        for step in (*coming, *leaving)
    )
    return Stage(
        name=ADDONS,
        turns=(*turns, *remains_turns(wanted)),
        limit=0,
        on_failure=OnFailure.COUNT,
        after=_stages_before(wanted),
    )


def _moved(wanted: Wanted) -> frozenset[str]:
    """Return the turns in which nodes leave RKE's releases: until the last one did, RKE's add-ons serve all of them."""
    if not wanted.cluster.migrating:
        return frozenset()
    hosts = (host for host in wanted.reachable() if node_of_rke(wanted.found(host)))
    return frozenset(node_turn(host) for host in hosts)


def _told(wanted: Wanted, step: ApplyAddon) -> frozenset[str]:
    goes = step.addon == NODELOCAL and not step.objects
    return kubelets_are_told(wanted) if goes else frozenset()


def _stages_before(wanted: Wanted) -> frozenset[str]:
    if wanted.quiet:
        return frozenset()
    return frozenset({CONTROL_PLANE} if wanted.without_network else {CONTROL_PLANE, NODES, WORKERS})


def _replaced(step: ApplyAddon, coming: tuple[ApplyAddon, ...], leaving: tuple[ApplyAddon, ...]) -> frozenset[str]:
    """Return whom an add-on waits for because one takes the other's place.

    Two pod networks or two ingress controllers want the same ports of a host: the old one goes first. Two DNS servers
    share a Service, which the new one takes over while the old one still answers.
    """
    if step in coming:
        return _keys(step, leaving, _ONE_AFTER_ANOTHER)
    return _keys(step, coming, _ONE_BESIDE_ANOTHER)


def _keys(step: ApplyAddon, others: tuple[ApplyAddon, ...], groups: tuple[frozenset[str], ...]) -> frozenset[str]:
    same = (group for group in groups if step.addon in group)
    rivals = frozenset[str]().union(*same)
    return frozenset(f"{ADDONS}/{other.addon}" for other in others if other.addon in rivals)


def _wanted_addons(wanted: Wanted) -> tuple[ApplyAddon, ...]:
    timeout = _patience(wanted)
    return tuple(
        ApplyAddon(host="", addon=addon.name, objects=addon.objects, timeout=timeout, why=why)
        for addon in wanted.addons
        if addon not in (wanted.new_cache, wanted.access) and (why := wanted.differences(addon.name))
    )


def _patience(wanted: Wanted) -> int:
    """Return the seconds for which add-ons are waited for: none while no node takes their pods, whatever we do.

    Nor can they work while their pods read a CA that ended; those are made anew, and waited for, after all else.
    Where no API server answers yet, nodes of RKE's that become workers are told so in the next run.
    """
    workers = wanted.cluster.with_role(Role.WORKER)
    late = wanted.finished_once and not wanted.observed.api and wanted.cluster.rke is not None
    nobody = (
        wanted.pods_untrusted
        or not any(not late or _takes_pods(host) for host in workers)
        or network_is_awaited(wanted.cluster, wanted.observed)
    )
    return 0 if nobody else wanted.cluster.addon_timeout


def _takes_pods(host: Host) -> bool:
    """Tell whether a worker's node does so as it is called now: it is new, or was never anything that it is not to be.

    Nodes of etcd and the control plane keep pods away until they are told that they are none any more.
    """
    return not host.carried or (Role.WORKER in host.carried and host.carried <= host.roles)


def _left_addons(wanted: Wanted) -> tuple[ApplyAddon, ...]:
    """Add-ons that were applied earlier and that cluster.yml does not ask for any more."""
    asked = {addon.name for addon in wanted.addons}
    left = dict.fromkeys(found.addon for found in wanted.observed.objects if found.addon not in asked)
    timeout = wanted.cluster.addon_timeout
    return tuple(
        ApplyAddon(host="", addon=name, objects=(), timeout=timeout, why=wanted.differences(name)) for name in left
    )


def _after(wanted: Wanted, step: ApplyAddon) -> frozenset[str]:
    """Return the turns that come first in a new cluster: the first API server, and for an API of its own kube-proxies.

    An API server that calls a Service before the kube-proxy of its host knows it sends the call out of the cluster, and
    keeps the connection when somebody out there answers.
    """
    if not wanted.quiet:
        return frozenset()
    servers = wanted.cluster.with_role(Role.CONTROLPLANE) if _serves_an_api(step) else ()
    proxies = (f"{NODES}/{host.name}" for host in servers)
    return frozenset({f"{CONTROL_PLANE}/{wanted.first_server}", *proxies})


def _serves_an_api(step: ApplyAddon) -> bool:
    return any(manifest["kind"] == "APIService" for manifest in step.objects)
