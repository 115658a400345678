"""flannel: the pod network."""

from __future__ import annotations

import json
from hashlib import sha256

from rke_py.cluster.model import Cluster, Family
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
    container; in RKE's own releases the image of flannel's plugin brings them. ``network.tolerations`` needs no place:
    the DaemonSet tolerates every taint.
    """
    network = cluster.network
    defaults = OPTIONS | ({"flannel_iface": ""} if _ipv6_first(cluster) else {})
    options = {name: network.options.get(name) or default for name, default in defaults.items()}
    cni_conf = json.dumps(CNI_CONFIG, indent=2) + "\n"
    net_conf = network_configuration(
        cluster,
        backend=options["flannel_backend_type"],
        port=options["flannel_backend_port"],
        vni=options["flannel_backend_vni"],
    )
    return render_objects(
        "addons/flannel.yaml.j2",
        {
            "image": cluster.images.flannel,
            "cni_image": cluster.images.flannel_cni,
            "net_conf": net_conf,
            "cni_conf": cni_conf,
            "digest": sha256((net_conf + cni_conf).encode()).hexdigest()[:16],
            "interface": options["flannel_iface"],
            "brings_plugins": cluster.family is Family.RKE,
            "node_selector": linux_and(network.node_selector),
            "priority_class": options["kube_flannel_priority_class_name"],
            "strategy": strategy(network.update_strategy, maxUnavailable=1),
        },
    )


def _ipv6_first(cluster: Cluster) -> bool:
    """Tell whether flannel has to find the interface by itself: with both versions of IP it does not by one of IPv6."""
    versions = [subnet.version for subnet in cluster.services.cluster_cidr]
    return versions == [6, 4]


def network_configuration(cluster: Cluster, *, backend: str, port: str, vni: str) -> str:
    """Return flannel's own configuration; each IP version is switched on when the cluster has a range of it.

    Args:
        cluster: Gives the pods' ranges.
        backend: ``vxlan``, ``host-gw`` or ``wireguard``.
        port: Of VXLAN.
        vni: Of VXLAN.
    """
    ranges = {subnet.version: str(subnet) for subnet in cluster.services.cluster_cidr}
    settings: dict[str, object] = {"Type": backend}
    if backend == "vxlan":
        settings |= {"VNI": int(vni), "Port": int(port)}
    configuration = {
        "EnableNFTables": False,
        **({"Network": ranges[4]} if 4 in ranges else {"EnableIPv4": False}),
        **({"EnableIPv6": True, "IPv6Network": ranges[6]} if 6 in ranges else {}),
        "Backend": settings,
    }
    return json.dumps(configuration, indent=2) + "\n"
