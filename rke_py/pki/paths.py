"""Where certificates, keys and kubeconfigs lie on a host."""

from __future__ import annotations

FOLDER = "/etc/kubernetes/ssl"


def certificate_path(name: str) -> str:
    """Return the path of a certificate by its name in the inventory."""
    return f"{FOLDER}/{name}.pem"


def key_path(name: str) -> str:
    """Return the path of a private key by its name in the inventory."""
    return f"{FOLDER}/{name}-key.pem"


def kubeconfig_path(name: str) -> str:
    """Return the path of the kubeconfig that uses a certificate."""
    return f"{FOLDER}/kubecfg-{name}.yaml"
