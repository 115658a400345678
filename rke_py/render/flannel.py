"""flannel: the pod network."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
"""``network.options`` with their defaults; the interface is the one with the address that the node is known by.

In RKE's own releases it is that of the default route, as flannel finds it by itself: hosts have to agree on that.
"""


def flannel(cluster: Cluster) -> tuple[KubernetesObject, ...]:
    """Return flannel's objects.

    The standard CNI plugins that flannel calls (bridge, host-local, portmap) come to ``/opt/cni/bin`` through the tools
    container; in RKE's own releases the image of flannel's plugin brings them. ``network.tolerations`` needs no place:
    the DaemonSet tolerates every taint.
    """
    network, of_rke = cluster.network, cluster.family is Family.RKE
    defaults = OPTIONS | ({"flannel_iface": ""} if of_rke or _ipv6_first(cluster) else {})
    options = {name: network.options.get(name) or default for name, default in defaults.items()}
    cni_conf = json.dumps(_cni_configuration(force_address=of_rke), indent=2) + "\n"
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
            "of_rke": of_rke,
            "node_selector": linux_and(network.node_selector),
            "priority_class": options["kube_flannel_priority_class_name"],
            "strategy": strategy(network.update_strategy, maxUnavailable=1),
        },
    )


def _cni_configuration(*, force_address: bool) -> Mapping[str, object]:
    """Return the file that the runtime reads.

    Args:
        force_address: Whether a bridge with another address, which an earlier subnet of the host left, gets the one it
            is to have; RKE's releases have it so.
    """
    forced = {"forceAddress": True} if force_address else {}
    return {
        "name": "cbr0",
        "cniVersion": "0.3.1",
        "plugins": [
            {"type": "flannel", "delegate": {**forced, "hairpinMode": True, "isDefaultGateway": True}},
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def _ipv6_first(cluster: Cluster) -> bool:
    """Tell whether flannel has to find the interface by itself: with both versions of IP it does not by one of IPv6."""
    versions = [subnet.version for subnet in cluster.services.cluster_cidr]
    return versions == [6, 4]


def network_configuration(cluster: Cluster, *, backend: str, port: str = "", vni: str = "") -> str:
    """Return flannel's own configuration; each IP version is switched on when the cluster has a range of it.

    Args:
        cluster: Gives the pods' ranges.
        backend: ``vxlan``, ``host-gw`` or ``wireguard``.
        port: Of VXLAN; empty leaves it and the VNI to flannel.
        vni: Of VXLAN.
    """
    ranges = {subnet.version: str(subnet) for subnet in cluster.services.cluster_cidr}
    settings: dict[str, object] = {"Type": backend}
    if backend == "vxlan" and port and vni:
        settings |= {"VNI": int(vni), "Port": int(port)}
    configuration = {
        "EnableNFTables": False,
        **({"Network": ranges[4]} if 4 in ranges else {"EnableIPv4": False}),
        **({"EnableIPv6": True, "IPv6Network": ranges[6]} if 6 in ranges else {}),
        "Backend": settings,
    }
    return json.dumps(configuration, indent=2) + "\n"
