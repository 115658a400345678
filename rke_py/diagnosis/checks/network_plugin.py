"""Hosts on which pods get no network (CNI)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rke_py.diagnosis.model import Examined, Finding

_APPS: Mapping[str, str] = {"canal": "canal", "calico": "calico-node", "flannel": "flannel", "weave": "weave-net"}
"""The label of each plugin's pods."""


def without_network(examined: Examined) -> Iterable[Finding]:
    """Find hosts that lack CNI programs, and hosts on which the network plugin's pod does not work."""
    for host in examined.observed.hosts.values():
        ours = examined.cluster.rke is None  # RKE's own network brings its programs itself
        if ours and host.deep is not None and host.deep.cni_outdated:
            yield Finding(
                check="network-plugin",
                where=host.name,
                cause="CNI programs that pods need are missing or altered",
                evidence=tuple(f"/opt/cni/bin/{name}" for name in host.deep.cni_outdated),
                remedy="Bring them again: rke-py up",
            )
    app = _APPS.get(examined.cluster.network.plugin)
    if app is None or not examined.observed.api:
        return
    pods = {pod.node: pod for pod in examined.pods if pod.app == app}
    for name in examined.observed.nodes:
        pod = pods.get(name)
        if pod is None or not pod.ready:
            why = (f"{pod.namespace}/{pod.name}: {pod.reason} {pod.message}".rstrip(),) if pod else ("it has no pod",)
            yield Finding(
                check="network-plugin",
                where=name,
                cause=f"the network plugin {examined.cluster.network.plugin} does not work on this node",
                evidence=why,
                remedy=f"Look at: kubectl -n kube-system describe pods -l k8s-app={app}; then rke-py up",
            )
