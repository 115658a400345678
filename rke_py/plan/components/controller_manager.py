"""The controller manager of a control-plane host."""

from __future__ import annotations

from rke_py.cluster.cloud_model import EXTERNAL
from rke_py.cluster.model import Cluster, Services
from rke_py.config.checks.addressing import node_mask
from rke_py.pki.paths import certificate_path, key_path, kubeconfig_path
from rke_py.plan.arguments import arguments
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import FOLDER, FOLDER_BIND, component, proxy_env, serving

NAME = "kube-controller-manager"
PORT = 10257
SIGNING_CA = f"{FOLDER}/signing-ca.pem"
"""The one certificate of ``kube-ca`` that signs: its own file has two while the CA is rotated, and requests are signed
with a file of one only."""


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
        **_node_masks(services),
    }
    fixed = _FIXED | _SIGNING if signs else _FIXED
    cloud = {"cloud-provider": EXTERNAL} if cluster.cloud.name else {}
    return component(
        ContainerSpec(
            name=NAME,
            image=cluster.images.kube_controller_manager,
            entrypoint=(NAME,),
            command=arguments(fixed | serving(f"{NAME}-serving"), computed | cloud, service.flags),
            env=(*proxy_env(cluster.proxy), *service.extra_env),
            binds=(FOLDER_BIND, *service.extra_binds),
            grace=15,
            check=HttpCheck(port=PORT, path="/healthz", ca="kube-ca"),
            reads=(SIGNING_CA,) if signs else (),
        )
    )


def _node_masks(services: Services) -> dict[str, str]:
    """Return how large each node's part of an IPv6 range is; that of IPv4 is the program's own /24.

    The usual /64 is refused for a range that is smaller, or so large that there would be too many parts. A flag of the
    owner's own stands alone, as the program refuses the general one beside one for a single version of IP.
    """
    subnet = next((subnet for subnet in services.cluster_cidr if subnet.version == 6), None)
    own = any(flag.startswith("node-cidr-mask-size") for flag in services.kube_controller.flags)
    return {} if own or subnet is None else {"node-cidr-mask-size-ipv6": str(node_mask(subnet))}


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
    "cluster-signing-cert-file": SIGNING_CA,
    "cluster-signing-key-file": key_path("kube-ca"),
}
