"""flannel: the pod network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from rke_py.cluster.model import Cluster
from rke_py.render.manifests import KubernetesObject, render_objects
from rke_py.render.workloads import linux_and, strategy

OPTIONS = {
    "flannel_backend_type": "vxlan",
    "flannel_backend_port": "8472",
    "flannel_backend_vni": "1",
    "flannel_iface": "$(HOST_IP)",
    "kube_flannel_priority_class_name": "system-node-critical",
}
"""``network.options`` with their defaults; the interface is the one with the address that the node is known by."""

CNI_CONFIG = {
    "name": "cbr0",
    "cniVersion": "0.3.1",
    "plugins": [
        {"type": "flannel", "delegate": {"hairpinMode": True, "isDefaultGateway": True}},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ],
}


def flannel(cluster: Cluster) -> tuple[KubernetesObject, ...]:
    """Return flannel's objects.

    The standard CNI plugins that flannel calls (bridge, host-local, portmap) come to ``/opt/cni/bin`` through the tools
    container, not from here. ``network.tolerations`` needs no place: the DaemonSet tolerates every taint.
    """
    network = cluster.network
    options = {name: network.options.get(name) or default for name, default in OPTIONS.items()}
    net_conf, cni_conf = (json.dumps(value, indent=2) + "\n" for value in (_net_conf(cluster, options), CNI_CONFIG))
    return render_objects(
        "addons/flannel.yaml.j2",
        {
            "image": cluster.images.flannel,
            "cni_image": cluster.images.flannel_cni,
            "net_conf": net_conf,
            "cni_conf": cni_conf,
            "digest": sha256((net_conf + cni_conf).encode()).hexdigest()[:16],
            "interface": options["flannel_iface"],
            "node_selector": linux_and(network.node_selector),
            "priority_class": options["kube_flannel_priority_class_name"],
            "strategy": strategy(network.update_strategy, maxUnavailable=1),
        },
    )


def _net_conf(cluster: Cluster, options: Mapping[str, str]) -> Mapping[str, object]:
    """Return flannel's own configuration; each IP version is switched on when the cluster has a range of it."""
    ranges = {subnet.version: str(subnet) for subnet in cluster.services.cluster_cidr}
    backend: dict[str, object] = {"Type": options["flannel_backend_type"]}
    if options["flannel_backend_type"] == "vxlan":
        backend |= {"VNI": int(options["flannel_backend_vni"]), "Port": int(options["flannel_backend_port"])}
    return {
        "EnableNFTables": False,
        **({"Network": ranges[4]} if 4 in ranges else {"EnableIPv4": False}),
        **({"EnableIPv6": True, "IPv6Network": ranges[6]} if 6 in ranges else {}),
        "Backend": backend,
    }
