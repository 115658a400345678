"""What all components have in common: where their files are on a host, their label, their logs, their way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rke_py.cluster.model import Proxy
from rke_py.pki.names import bracketed
from rke_py.pki.paths import certificate_path, key_path
from rke_py.plan.containers import ContainerSpec, FoundContainer

LOOPBACK = "127.0.0.1"
ROOT = "0"
"""The user of every component that has none of its own."""


FOLDER = "/etc/kubernetes"
"""Everything of ours on a host that a component reads, in the containers at the same place."""

CLOUD_CONFIG = f"{FOLDER}/cloud-config"
"""Where RKE puts the configuration of a cloud's programs, which mount it from the host."""

FOLDER_BIND = f"{FOLDER}:{FOLDER}:ro"
"""Components only read it; rke-py writes through a carrier container."""

NAME_LABEL = "io.rancher.rke.container.name"
"""RKE's label, which other tools and people look for."""

_UNLABELLED = ("etcd-rolling-snapshots", "old-etcd-rolling-snapshots")
"""Of RKE's own this one alone does not have it."""

HELPER = "rke-py-"
"""How the names of containers begin that rke-py makes for a moment; one that is left over is a killed run's."""

LOOKS = f"{HELPER}look-"
"""Those of them that only look, which takes no lock: each run's have names of their own, and end by themselves."""

SET_PREFIX = "rke-py-"
"""Before an add-on's name, the name of the ConfigMap in kube-system that tells which objects are its own."""

HEALTH_OF_ETCD = "/health?exclude=NOSPACE"
"""An exhausted quota is an alarm of its own; the member that it is mended on must not count as broken."""

SNAPSHOT_FOLDER = "/opt/rke/etcd-snapshots"
"""Where snapshots of etcd lie on its members' hosts, as RKE's do."""

LOG_OPTIONS = {"max-file": "5", "max-size": "20m"}
"""Docker keeps logs of any size unless told otherwise: 100 MB a component."""

CIPHER_SUITES = ",".join(
    (
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
    )
)
"""RKE's list, forward secrecy only; TLS 1.3 has its own, which cannot be chosen."""


def https_url(address: str, port: int) -> str:
    """Return ``https://address:port``, an IPv6 address in brackets."""
    return f"https://{bracketed(address)}:{port}"


def serving(name: str) -> dict[str, str]:
    """Return the flags by which a Kubernetes component serves with a certificate of the inventory."""
    return {
        "tls-cert-file": certificate_path(name),
        "tls-cipher-suites": CIPHER_SUITES,
        "tls-min-version": "VersionTLS12",
        "tls-private-key-file": key_path(name),
    }


def proxy_env(proxy: Proxy) -> tuple[str, ...]:
    """Return the environment of a component that calls out of the hosts' network."""
    named = {"HTTP_PROXY": proxy.http, "HTTPS_PROXY": proxy.https, "NO_PROXY": ",".join(proxy.no_proxy)}
    return tuple(f"{name}={value}" for name, value in named.items() if value) if proxy.http or proxy.https else ()


def component(spec: ContainerSpec) -> ContainerSpec:
    """Return the container with what every component gets.

    The user is named because images differ in their own: HAProxy's cannot read files that only root may read.
    """
    return replace(spec, user=spec.user or ROOT, labels={NAME_LABEL: spec.name, **spec.labels}, log_options=LOG_OPTIONS)


def left_over(containers: Iterable[FoundContainer]) -> tuple[str, ...]:
    """Return the names of helpers that a killed run left; one that looks for another run may be at work."""
    helpers = (found for found in containers if found.name.startswith(HELPER))
    return tuple(sorted(found.name for found in helpers if not (found.name.startswith(LOOKS) and found.running)))


def is_component(found: FoundContainer) -> bool:
    """Tell whether a container is a part of a cluster, RKE's or ours."""
    return NAME_LABEL in found.spec.labels or found.name in _UNLABELLED


def is_ours(found: FoundContainer) -> bool:
    """Tell whether a container is a part of a cluster, or a helper of ours."""
    return is_component(found) or found.name.startswith(HELPER)
