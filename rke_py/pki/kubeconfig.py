"""Kubeconfigs: those of the components on hosts, and the operator's own."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache

import yaml

from rke_py.cluster.model import Cluster
from rke_py.pki.model import Credential
from rke_py.pki.names import API_PORT, api_url
from rke_py.pki.paths import certificate_path, key_path


@lru_cache(maxsize=4096)
def node_kubeconfig(name: str) -> str:
    """Return the kubeconfig of a component on a host; it names files and holds no key itself.

    Args:
        name: The inventory name of the certificate it shows.
    """
    return _kubeconfig(
        cluster="local",
        user=name,
        server=f"https://127.0.0.1:{API_PORT}",
        trust={"certificate-authority": certificate_path("kube-ca")},
        identity={"client-certificate": certificate_path(name), "client-key": key_path(name)},
    )


def admin_kubeconfig(cluster: Cluster, ca: Credential, admin: Credential) -> str:
    """Return the operator's kubeconfig with certificates and key inside: a secret.

    Args:
        cluster: Gives the name and the API's address.
        ca: The CA that signs the API servers' certificates.
        admin: The operator's certificate and key.
    """
    return _kubeconfig(
        cluster=cluster.name,
        user=f"kube-admin-{cluster.name}",
        server=api_url(cluster),
        trust={"certificate-authority-data": _base64(ca.certificate)},
        identity={
            "client-certificate-data": _base64(admin.certificate),
            "client-key-data": _base64(admin.key.get_secret_value()),
        },
    )


def kept_kubeconfig(there: str, wanted: str) -> str:
    """Return the kubeconfig there is when it leads its user to the same place with the same identity, else the wanted.

    RKE's differ from ours in a key that no client reads and in how their user is called.
    """
    if not there or there == wanted or _leads(there) != _leads(wanted):
        return wanted
    return there


def _leads(text: str) -> object:
    """Return where a kubeconfig of one cluster leads, whom it trusts and what it shows; None of one that cannot be."""
    try:
        match yaml.load(text, Loader=yaml.CSafeLoader):
            case {"clusters": [{"cluster": dict(cluster)}], "users": [{"user": dict(user)}]}:
                return {key: value for key, value in cluster.items() if key != "api-version"}, user
    except yaml.YAMLError:
        pass
    return None


def _kubeconfig(*, cluster: str, user: str, server: str, trust: Mapping[str, str], identity: Mapping[str, str]) -> str:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": {"server": server, **trust}}],
        "users": [{"name": user, "user": dict(identity)}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": user}}],
        "current-context": cluster,
    }
    text: str = yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=2**31 - 1)
    return text


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
