"""The API server of a control-plane host."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from rke_py.catalog.upstream import MINORS
from rke_py.cluster.apiserver_model import ApiServer, AuditLog
from rke_py.cluster.model import Cluster, Host, Role
from rke_py.pki.names import is_address
from rke_py.pki.paths import certificate_path, key_path
from rke_py.plan.arguments import Flags, arguments
from rke_py.plan.containers import ContainerSpec, FoundContainer, HttpCheck
from rke_py.plan.conventions import FOLDER, FOLDER_BIND, component, https_url, proxy_env, serving
from rke_py.plan.external_etcd import EXTERNAL_CA, EXTERNAL_CLIENT, external_files

NAME = "kube-apiserver"

PORT = 6443
AUDIT_POLICY = f"{FOLDER}/audit-policy.yaml"
AUDIT_BIND = "/var/log/kube-audit:/var/log/kube-audit"
"""Of RKE's folder for the audit log, which moves with the host's prefix."""

ADMISSION = f"{FOLDER}/admission.yaml"
WEBHOOK = f"{FOLDER}/kube-api-authn-webhook.yaml"
ENCRYPTION = f"{FOLDER}/ssl/encryption.yaml"

_PLUGINS = "enable-admission-plugins"
_GATES = "feature-gates"
_TRACING, _RETRIES_BESIDE_TRACING = "APIServerTracing", (1, 34)
_ALWAYS = "NodeRestriction"
"""The rest of RKE's list of admission plugins is enabled by default."""

READY = HttpCheck(port=PORT, path="/readyz?verbose", ca="kube-ca", client="kube-admin")

_WATCH_DRAIN = 5
"""Seconds over which a stopping API server ends its watches. Without it they are never told to end: it was seen to wait
a minute for them with its port closed, while the kubelet and the controllers of its host had nobody to talk to."""

_ISSUER = "service-account-issuer"
_ISSUER_OF_RKE, _AUDIENCE_OF_RKE = "rke", "unknown"
"""What all of RKE's releases write into service accounts' tokens."""

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
    computed: Flags = {
        **_identity(cluster, host),
        **_tokens(cluster),
        **_kubelets(cluster),
        **_etcd(cluster, host),
        "shutdown-delay-duration": f"{shutdown_delay}s",
    }
    asked, reads = _asked_for(cluster), (*_files(cluster.api), *external_files(cluster))
    return component(
        ContainerSpec(
            name=NAME,
            image=cluster.images.kube_apiserver,
            entrypoint=(NAME,),
            command=arguments(
                _FIXED | serving(NAME),
                computed,
                asked,
                service.flags,
                {_PLUGINS: _plugins(cluster)},
                _gates(cluster),
            ),
            env=(*proxy_env(cluster.proxy), *service.extra_env),
            binds=(FOLDER_BIND, *_log_binds(cluster), *service.extra_binds),
            grace=shutdown_delay + _WATCH_DRAIN + _REQUEST_TIMEOUT + _MARGIN,
            check=READY,
            reads=reads,
            start_timeout=120,
        )
    )


def takes_tokens_of_rke(found: FoundContainer) -> bool:
    """Tell whether an API server takes the tokens of service accounts that RKE's API servers issued."""
    words = (*found.spec.entrypoint, *found.spec.command)
    return f"--{_ISSUER}={_ISSUER_OF_RKE}" in words


_FIXED = {
    "allow-privileged": "true",
    "anonymous-auth": "false",
    "client-ca-file": certificate_path("kube-ca"),
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
            "service-cluster-ip-range": ",".join(map(str, services.service_cluster_ip_range)),
            "service-node-port-range": services.service_node_port_range,
        }
    )


def _tokens(cluster: Cluster) -> Flags:
    """Return whose tokens are good, the issuer of new ones first.

    In a cluster that RKE made those of its API servers stay good. In its first release after RKE's own theirs are also
    what is issued: half of its API servers may be RKE's yet, and these take no others.
    """
    own = f"https://kubernetes.default.svc.{cluster.services.cluster_domain}"
    if not cluster.made_by_rke:
        return {_ISSUER: own}
    issuers = (_ISSUER_OF_RKE, own) if _beside_rke(cluster) else (own, _ISSUER_OF_RKE)
    return {_ISSUER: issuers, "api-audiences": f"{own},{_AUDIENCE_OF_RKE}"}


def _kubelets(cluster: Cluster) -> Flags:
    """Return by what kubelets are known; RKE's show certificates that they signed themselves, and are still about."""
    return {} if _beside_rke(cluster) else {"kubelet-certificate-authority": certificate_path("kube-ca")}


def _beside_rke(cluster: Cluster) -> bool:
    """Tell whether the cluster runs its first release after RKE's own, on the way to which hosts are of both kinds.

    What depends on it changes with the next release, when every API server is replaced in any case.
    """
    return cluster.made_by_rke and cluster.minor <= min(MINORS)


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


def _asked_for(cluster: Cluster) -> dict[str, str]:
    """Return the flags of what cluster.yml may switch on or off."""
    api, own = cluster.api, cluster.services.kube_api.flags
    flags = {} if "authorization-config" in own else {"authorization-mode": "Node,RBAC" if api.rbac else "AlwaysAllow"}
    if api.admission is not None:
        flags["admission-control-config-file"] = ADMISSION
    if api.audit is not None:
        flags |= _audit(api.audit)
    if api.webhook is not None:
        flags["authentication-token-webhook-config-file"] = WEBHOOK
        flags["authentication-token-webhook-cache-ttl"] = api.webhook.cache_timeout
    if api.encryption is not None:
        flags["encryption-provider-config"] = ENCRYPTION
    return flags


def _audit(audit: AuditLog) -> dict[str, str]:
    return {
        "audit-log-format": audit.format,
        "audit-log-maxage": str(audit.max_age),
        "audit-log-maxbackup": str(audit.max_backup),
        "audit-log-maxsize": str(audit.max_size),
        "audit-log-path": audit.path,
        **({"audit-policy-file": AUDIT_POLICY} if audit.policy is not None else {}),
    }


def _files(api: ApiServer) -> tuple[str, ...]:
    """Return what it reads at its start, beside certificates."""
    wanted = {
        ADMISSION: api.admission is not None,
        AUDIT_POLICY: api.audit is not None and api.audit.policy is not None,
        WEBHOOK: api.webhook is not None,
        ENCRYPTION: api.encryption is not None,
    }
    return tuple(path for path, there in wanted.items() if there)


def _plugins(cluster: Cluster) -> tuple[str, ...]:
    """Return the admission plugins; those that have a switch are added to a list of the user's own, too."""
    *before, last = cluster.services.kube_api.flags.get(_PLUGINS, (_ALWAYS,))
    named = {plugin.strip() for value in (*before, last) for plugin in value.split(",")}
    missing = (plugin for plugin in cluster.api.plugins if plugin not in named)
    return (*before, ",".join(filter(None, (last, *missing))))


def _gates(cluster: Cluster) -> dict[str, tuple[str, ...]]:
    """Return the feature gates with tracing off, where nobody asks for it and it would make users notice etcd's leader.

    Before Kubernetes 1.34 the tracing of calls to etcd takes the place of etcd's own retries: what reads at the moment
    in which etcd changes its leader is answered with status 500, "etcdserver: leader changed". Without it nobody
    notices. The gate is on by default, and does nothing without a ``--tracing-config-file``.
    """
    flags = cluster.services.kube_api.flags
    own = flags.get(_GATES, ())
    named = {gate.partition("=")[0].strip() for value in own for gate in value.split(",")}
    if cluster.minor >= _RETRIES_BESIDE_TRACING or "tracing-config-file" in flags or _TRACING in named:
        return {}
    return {_GATES: (*own, f"{_TRACING}=false")}


def _log_binds(cluster: Cluster) -> tuple[str, ...]:
    """Return the bind of the audit log's folder, unless the user has one of his own that holds it."""
    service = cluster.services.kube_api
    path = service.flags.get("audit-log-path", (cluster.api.audit.path if cluster.api.audit else "",))[-1]
    if not path.startswith("/"):
        return ()
    folder = PurePosixPath(path).parent
    own = (PurePosixPath(bind.split(":")[1]) for bind in service.extra_binds if ":" in bind)
    return () if any(folder.is_relative_to(target) for target in own) else (f"{folder}:{folder}",)
