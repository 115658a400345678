"""The controller manager of a control-plane host."""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.pki.paths import certificate_path, key_path, kubeconfig_path
from rke_py.plan.arguments import arguments
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import FOLDER_BIND, component, proxy_env, serving

NAME = "kube-controller-manager"
PORT = 10257


def kube_controller_manager(cluster: Cluster, *, signs: bool = True) -> ContainerSpec:
    """Return the controller manager; it is the same on every control-plane host, one of them leads.

    Args:
        cluster: The cluster.
        signs: Whether the CA's key is there, to sign certificate requests with; without it nobody signs them.
    """
    services = cluster.services
    service = services.kube_controller
    computed = {
        "cluster-cidr": ",".join(map(str, services.cluster_cidr)),
        "service-cluster-ip-range": ",".join(map(str, services.service_cluster_ip_range)),
    }
    fixed = _FIXED | _SIGNING if signs else _FIXED
    return component(
        ContainerSpec(
            name=NAME,
            image=cluster.images.kube_controller_manager,
            entrypoint=(NAME,),
            command=arguments(fixed | serving(f"{NAME}-serving"), computed, service.flags),
            env=(*proxy_env(cluster.proxy), *service.extra_env),
            binds=(FOLDER_BIND, *service.extra_binds),
            grace=15,
            check=HttpCheck(port=PORT, path="/healthz", ca="kube-ca"),
        )
    )


_FIXED = {
    "allocate-node-cidrs": "true",
    "authentication-kubeconfig": kubeconfig_path(NAME),
    "authorization-kubeconfig": kubeconfig_path(NAME),
    "kubeconfig": kubeconfig_path(NAME),
    "leader-elect": "true",
    "profiling": "false",
    "root-ca-file": certificate_path("kube-ca"),
    "service-account-private-key-file": key_path("kube-service-account-token"),
    "terminated-pod-gc-threshold": "1000",
    "use-service-account-credentials": "true",
    "v": "2",
}

_SIGNING = {
    "cluster-signing-cert-file": certificate_path("kube-ca"),
    "cluster-signing-key-file": key_path("kube-ca"),
}
