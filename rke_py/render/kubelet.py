"""The kubelet's files: its KubeletConfiguration and the registries' credentials."""

from __future__ import annotations

import json
from base64 import b64encode

from rke_py.cluster.model import Cluster, Host, Role, Taint
from rke_py.render.text import render

CONFIG_PATH = "/etc/kubernetes/kubelet-config.yaml"

_DOCKER_HUB = "https://index.docker.io/v1/"


def role_taints(host: Host) -> tuple[Taint, ...]:
    """Return the taints that follow from the roles: hosts that are not workers keep ordinary pods away."""
    if host.has(Role.WORKER):
        return ()
    etcd = Taint(key="node-role.kubernetes.io/etcd", value="true", effect="NoExecute")
    controlplane = Taint(key="node-role.kubernetes.io/controlplane", value="true", effect="NoSchedule")
    return (etcd,) * host.has(Role.ETCD) + (controlplane,) * host.has(Role.CONTROLPLANE)


def kubelet_configuration(cluster: Cluster, host: Host, cgroup_driver: str, resolv_conf: str, prefix: str = "/") -> str:
    """Return the KubeletConfiguration of a host.

    Args:
        cluster: Gives the cluster's DNS and swap settings.
        host: Gives certificate names and taints. Only the taints of its roles are registered: the user's own are set
            through the API, so that changing one does not restart the kubelet.
        cgroup_driver: ``systemd`` or ``cgroupfs``, as the runtime that kubelet uses has it, not as Docker has it.
        prefix: Where the host keeps the cluster's folders: the kubelet lives in the host's own mount namespace.
        resolv_conf: The file that pods with ``dnsPolicy: Default`` get; not one that names a resolver on loopback.
    """
    certificates = f"{prefix.rstrip('/')}/etc/kubernetes/ssl"
    serving = f"{certificates}/kube-kubelet-{host.slug}"
    return render(
        "nodes/kubelet-config.yaml.j2",
        {
            "address": "::" if ":" in host.internal_address else "0.0.0.0",  # noqa: S104 (the API server calls it)
            "client_ca": f"{certificates}/kube-ca.pem",
            "volume_plugins": f"{prefix.rstrip('/')}/var/lib/kubelet/volumeplugins",
            "certificate": f"{serving}.pem",
            "key": f"{serving}-key.pem",
            "cgroup_driver": cgroup_driver,
            "fail_swap_on": cluster.services.fail_swap_on,
            "cluster_domain": cluster.services.cluster_domain,
            "cluster_dns": [cluster.dns_for_pods],
            "resolv_conf": resolv_conf,
            "taints": [{"key": taint.key, "value": taint.value, "effect": taint.effect} for taint in role_taints(host)],
        },
    )


def docker_config_json(cluster: Cluster) -> str | None:
    """Return the credentials of the private registries as the kubelet reads them; None when none needs any.

    The text holds passwords: it goes to a file of mode 0600 and nowhere else.
    """
    logins = {
        _DOCKER_HUB if registry.place == "docker.io" else registry.place: {
            "auth": b64encode(f"{registry.user}:{registry.password.get_secret_value()}".encode()).decode()
        }
        for registry in cluster.registries
        if registry.user
    }
    return json.dumps({"auths": logins}, indent=2, sort_keys=True) + "\n" if logins else None
