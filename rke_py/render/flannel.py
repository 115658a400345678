"""flannel: the pod network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.render.manifests import KubernetesObject, render_objects
from rke_py.render.options import choice, matching, number, priority_class, read_options, read_strategy
from rke_py.render.workloads import linux_and

OPTIONS = {
    "flannel_backend_type": choice("vxlan", "host-gw"),
    "flannel_backend_port": number(8472, most=65535),
    "flannel_backend_vni": number(1, most=16777215),
    "flannel_iface": matching("", r"[A-Za-z0-9._:@-]+", "the name or address of a network interface"),
    "kube_flannel_priority_class_name": priority_class("system-node-critical"),
}

CNI_CONFIG = {
    "name": "cbr0",
    "cniVersion": "0.3.1",
    "plugins": [
        {"type": "flannel", "delegate": {"hairpinMode": True, "isDefaultGateway": True}},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ],
}


def flannel(cluster: Cluster) -> tuple[tuple[KubernetesObject, ...], tuple[Problem, ...]]:
    """Return flannel's objects, and what is wrong with its options.

    The standard CNI plugins that flannel calls (bridge, host-local, portmap) come to ``/opt/cni/bin`` through the tools
    container, not from here. ``network.tolerations`` needs no place: the DaemonSet tolerates every taint.
    """
    network = cluster.network
    options, problems = read_options("network.options", network.options, OPTIONS)
    strategy, faults = read_strategy(
        "network.update_strategy", network.update_strategy, ("RollingUpdate", "OnDelete"), {"maxUnavailable": 1}
    )
    problems += faults
    if problems:
        return (), problems
    net_conf, cni_conf = (json.dumps(value, indent=2) + "\n" for value in (_net_conf(cluster, options), CNI_CONFIG))
    objects = render_objects(
        "addons/flannel.yaml.j2",
        {
            "image": cluster.images.flannel,
            "cni_image": cluster.images.flannel_cni,
            "net_conf": net_conf,
            "cni_conf": cni_conf,
            "digest": sha256((net_conf + cni_conf).encode()).hexdigest()[:16],
            "interface": options["flannel_iface"] or "$(HOST_IP)",
            "node_selector": linux_and(network.node_selector),
            "priority_class": options["kube_flannel_priority_class_name"],
            "strategy": strategy,
        },
    )
    return objects, ()


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
