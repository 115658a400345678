"""weave: the pod network of old clusters; archived by its makers, and gone from RKE with Kubernetes 1.30."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from rke_py.cluster.model import Cluster
from rke_py.render.manifests import KubernetesObject, render_objects
from rke_py.render.workloads import linux_and, strategy


def weave(cluster: Cluster) -> tuple[KubernetesObject, ...]:
    """Return weave's objects; its password is a Secret, where RKE keeps it in a ConfigMap."""
    network, images = cluster.network, cluster.images
    password = network.options.get("WeavePassword") or ""
    return render_objects(
        "addons/weave.yaml.j2",
        {
            "node_image": images.weave_node,
            "policy_image": images.weave_cni,
            "plugins_image": images.alpine,
            "password": b64encode(password.encode()).decode(),
            "password_digest": sha256(password.encode()).hexdigest()[:16] if password else "",
            "range": str(cluster.services.cluster_cidr[0]),
            "mtu": str(network.mtu) if network.mtu else "",
            "node_selector": linux_and(network.node_selector),
            "priority_class": network.options.get("weave_net_priority_class_name") or "",
            "strategy": strategy(network.update_strategy, maxUnavailable=1),
        },
    )
