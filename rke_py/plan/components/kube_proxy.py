"""The Service proxy of a host."""

from __future__ import annotations

from rke_py.cluster.model import Cluster, Host
from rke_py.pki.paths import kubeconfig_path
from rke_py.plan.arguments import arguments
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import FOLDER_BIND, component

NAME = "kube-proxy"
PORT = 10256
METRICS_PORT = 10249
"""kube-proxy's default, on loopback."""


def kube_proxy(cluster: Cluster, host: Host) -> ContainerSpec:
    """Return the host's kube-proxy.

    It shares ``/run`` with the host for the lock that iptables takes there, and loads kernel modules.
    """
    service = cluster.services.kubeproxy
    flags = {
        "cluster-cidr": ",".join(map(str, cluster.services.cluster_cidr)),
        "healthz-bind-address": f"127.0.0.1:{PORT}",
        "hostname-override": host.name,
        "kubeconfig": kubeconfig_path(NAME),
        "v": "2",
    }
    return component(
        ContainerSpec(
            name=NAME,
            image=cluster.images.kube_proxy,
            entrypoint=(NAME,),
            command=arguments(flags, service.flags),
            env=service.extra_env,
            binds=(FOLDER_BIND, "/run:/run", "/lib/modules:/lib/modules:ro", *service.extra_binds),
            privileged=True,
            grace=15,
            check=HttpCheck(port=PORT, path="/livez"),
        )
    )
