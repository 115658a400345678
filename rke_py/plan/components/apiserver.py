"""The API server of a control-plane host."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.pki.names import is_address
from rke_py.pki.paths import certificate_path, key_path
from rke_py.plan.arguments import arguments
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import FOLDER, FOLDER_BIND, component, https_url, proxy_env, serving

NAME = "kube-apiserver"
EXTERNAL_CA, EXTERNAL_CLIENT = "kube-etcd-client-ca", "kube-etcd-client"
"""RKE's names for the files of an etcd of the owner's own."""

PORT = 6443
AUDIT_POLICY = f"{FOLDER}/audit-policy.yaml"
AUDIT_LOG = "/var/log/kube-audit"
AUDIT_BIND = f"{AUDIT_LOG}:{AUDIT_LOG}"

READY = HttpCheck(port=PORT, path="/readyz?verbose", ca="kube-ca", client="kube-admin")

_WATCH_DRAIN = 5
"""Seconds over which a stopping API server ends its watches. Without it they are never told to end: it was seen to wait
a minute for them with its port closed, while the kubelet and the controllers of its host had nobody to talk to."""

_REQUEST_TIMEOUT = 60
_MARGIN = 5


def kube_apiserver(cluster: Cluster, host: Host, shutdown_delay: int) -> ContainerSpec:
    """Return the host's API server.

    Args:
        cluster: The cluster.
        host: A host with the controlplane role.
        shutdown_delay: Seconds for which it goes on serving, but reports itself as not ready, after SIGTERM: longer
            than the API proxies need to notice. Then the requests under way get their full time.
    """
    service = cluster.services.kube_api
    computed = _identity(cluster, host) | _etcd(cluster, host) | {"shutdown-delay-duration": f"{shutdown_delay}s"}
    return component(
        ContainerSpec(
            name=NAME,
            image=cluster.images.kube_apiserver,
            entrypoint=(NAME,),
            command=arguments(_FIXED | serving(NAME), computed, service.flags),
            env=(*proxy_env(cluster.proxy), *service.extra_env),
            binds=(FOLDER_BIND, AUDIT_BIND, *service.extra_binds),
            grace=shutdown_delay + _WATCH_DRAIN + _REQUEST_TIMEOUT + _MARGIN,
            check=READY,
            reads=(AUDIT_POLICY, *external_files(cluster)),
            start_timeout=120,
        )
    )


def external_files(cluster: Cluster) -> dict[str, bytes]:
    """Return the certificates for an etcd of the owner's own by path, the key first; nothing without one."""
    external = cluster.external_etcd
    if external is None:
        return {}
    return {
        key_path(EXTERNAL_CLIENT): external.key.get_secret_value().encode(),
        certificate_path(EXTERNAL_CLIENT): external.cert.encode(),
        certificate_path(EXTERNAL_CA): external.ca_cert.encode(),
    }


def audit_policy() -> bytes:
    """Return RKE's audit policy to the byte: who did what to which object, without the objects."""
    return b"""\
apiVersion: audit.k8s.io/v1
kind: Policy
metadata:
  creationTimestamp: null
rules:
- level: Metadata
"""


_FIXED = {
    "allow-privileged": "true",
    "anonymous-auth": "false",
    "audit-log-format": "json",
    "audit-log-maxage": "30",
    "audit-log-maxbackup": "10",
    "audit-log-maxsize": "100",
    "audit-log-path": f"{AUDIT_LOG}/audit-log.json",
    "audit-policy-file": AUDIT_POLICY,
    "authorization-mode": "Node,RBAC",
    "client-ca-file": certificate_path("kube-ca"),
    # The rest of RKE's list is enabled by default.
    "enable-admission-plugins": "NodeRestriction",
    "kubelet-certificate-authority": certificate_path("kube-ca"),
    "kubelet-client-certificate": certificate_path("kube-apiserver-kubelet-client"),
    "kubelet-client-key": key_path("kube-apiserver-kubelet-client"),
    "kubelet-preferred-address-types": "InternalIP,ExternalIP,Hostname",
    "profiling": "false",
    "proxy-client-cert-file": certificate_path("kube-apiserver-proxy-client"),
    "proxy-client-key-file": key_path("kube-apiserver-proxy-client"),
    "requestheader-allowed-names": "kube-apiserver-proxy-client",
    "requestheader-client-ca-file": certificate_path("kube-apiserver-requestheader-ca"),
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-username-headers": "X-Remote-User",
    "secure-port": str(PORT),
    # The certificate: as a public key, the API server does not read an EC private key in PKCS #8.
    "service-account-key-file": certificate_path("kube-service-account-token"),
    "service-account-signing-key-file": key_path("kube-service-account-token"),
    "shutdown-watch-termination-grace-period": f"{_WATCH_DRAIN}s",
}


def _identity(cluster: Cluster, host: Host) -> dict[str, str]:
    services = cluster.services
    internal = host.internal_address
    advertise = {"advertise-address": internal} if is_address(internal) else {}
    # Without it, it listens on IPv4 only.
    listen = {"bind-address": "::"} if ":" in internal else {}
    return (
        advertise
        | listen
        | {
            "service-account-issuer": f"https://kubernetes.default.svc.{services.cluster_domain}",
            "service-cluster-ip-range": ",".join(map(str, services.service_cluster_ip_range)),
            "service-node-port-range": services.service_node_port_range,
        }
    )


def _etcd(cluster: Cluster, host: Host) -> dict[str, str]:
    """Return where etcd is and what to show there.

    The host's own member comes first: it answers fastest and is there when the network is not.
    """
    external = cluster.external_etcd
    if external is not None:
        return {**_etcd_tls(EXTERNAL_CA, EXTERNAL_CLIENT), "etcd-prefix": external.path, **_servers(external.urls)}
    hosts = sorted(cluster.with_role(Role.ETCD), key=lambda member: member.name != host.name)
    urls = (https_url(member.internal_address, 2379) for member in hosts)
    return {**_etcd_tls("kube-etcd-ca", "kube-apiserver-etcd-client"), **_servers(urls)}


def _servers(urls: Iterable[str]) -> dict[str, str]:
    return {"etcd-servers": ",".join(urls)}


def _etcd_tls(ca: str, client: str) -> dict[str, str]:
    return {
        "etcd-cafile": certificate_path(ca),
        "etcd-certfile": certificate_path(client),
        "etcd-keyfile": key_path(client),
    }
