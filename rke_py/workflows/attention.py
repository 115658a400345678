"""What an operator should know at the end of a run that found nothing of it to do."""

from __future__ import annotations

from collections.abc import Mapping

from rke_py.cluster.model import Cluster, Role
from rke_py.errors import Problem
from rke_py.kube.interface import ClusterAccess
from rke_py.observe.cluster import look_at_api_servers, look_at_etcd
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.components.etcd import peer_url
from rke_py.plan.observed import Observed
from rke_py.plan.observed_etcd import ObservedEtcd
from rke_py.plan.steps import ApplyAddon
from rke_py.transport.parallel import both
from rke_py.workflows.planning import Prepared


def unready(prepared: Prepared) -> tuple[Problem, ...]:
    """Name the nodes that were not Ready although there is nothing to do about them."""
    busy = {step.host for step in prepared.plan.steps}
    hint = "Look with: rke-py status, kubectl describe node"
    return tuple(
        Problem(
            where=name,
            what="the node is not Ready, and nothing of it differs from cluster.yml",
            hint=hint,
            warning=True,
        )
        for name, node in prepared.observed.nodes.items()
        if name in prepared.nodes and not node.ready and name not in busy
    )


def unwell(prepared: Prepared, cluster: Cluster, access: ClusterAccess) -> tuple[Problem, ...]:
    """Name the etcd members and API servers that ran and were not well before the run, and still are not.

    Args:
        prepared: What was seen at its begin.
        cluster: The cluster.
        access: The cluster's own APIs, which are asked once more when there was any.
    """
    observed = prepared.observed
    before = _unwell(cluster, observed, observed.etcd, observed.ready_servers)
    if not before:
        return ()
    etcd, ready = both(lambda: look_at_etcd(access), lambda: look_at_api_servers(access, observed.hosts))
    hint = "Look for the cause with: rke-py doctor"
    return tuple(
        Problem(where=host, what=f"{name} runs and is not well: {fault}", hint=hint, warning=True)
        for (host, name), fault in _unwell(cluster, observed, etcd, ready).items()
        if (host, name) in before
    )


def _unwell(
    cluster: Cluster, observed: Observed, etcd: ObservedEtcd, ready: frozenset[str]
) -> Mapping[tuple[str, str], str]:
    """Return what ails members and API servers whose containers ran, by host and container."""
    members = {url: member for member in etcd.members for url in member.peer_urls}
    found: dict[tuple[str, str], str] = {}
    for host in cluster.hosts:
        running = {name for name, one in observed.hosts[host.name].containers.items() if one.running}
        member = members.get(peer_url(host))
        if ETCD in running and (not member.healthy if member else not etcd.exists):
            found[host.name, ETCD] = (member.fault if member else "") or "it does not answer"
        if API_SERVER in running and host.has(Role.CONTROLPLANE) and host.name not in ready:
            found[host.name, API_SERVER] = "it is not ready"
    return found


def uncompared(prepared: Prepared) -> tuple[Problem, ...]:
    """Say that nodes were not compared because no API server of a cluster that exists answered at the begin."""
    if prepared.observed.api or not prepared.desired.configuration:
        return ()
    what = "no API server answered when this run began: labels, taints and annotations of nodes were not compared"
    return (Problem(where="API", what=what, hint="Run the same once more: rke-py up", warning=True),)


def not_working(prepared: Prepared) -> tuple[Problem, ...]:
    """Name the add-ons that do not work although there is nothing to do about them.

    An earlier run may have waited for them in vain: what it applied is as wanted ever since.
    """
    busy = {step.addon for step in prepared.plan.steps if isinstance(step, ApplyAddon)}
    hint = "Look with: rke-py doctor, kubectl describe"
    return tuple(
        Problem(
            where=found.addon,
            what=f"{found.kind} {found.name} does not work, and nothing of it differs: {found.missing}",
            hint=hint,
            warning=True,
        )
        for found in prepared.observed.objects
        if found.missing and found.addon not in busy
    )


def compared(prepared: Prepared) -> str:
    """Say what was looked at, so that an empty plan can be believed."""
    containers = sum(len(node.containers) for node in prepared.nodes.values())
    files = sum(len(node.files) for node in prepared.nodes.values())
    observed = prepared.observed
    text = f"{containers} containers and {files} files on {len(prepared.nodes)} hosts"
    return f"{text}, {len(observed.nodes)} nodes and {len(observed.objects)} objects of add-ons"
