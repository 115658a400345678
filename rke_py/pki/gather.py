"""The certificates of a cluster as its hosts carry them: what a lost state can be made of again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pydantic import SecretStr

from rke_py.cluster.model import Cluster, Host
from rke_py.pki.inspect import key_matches, read_certificate
from rke_py.pki.inventory import Row, inventory
from rke_py.pki.line import KubeconfigKind
from rke_py.pki.model import Bundle, Credential
from rke_py.pki.paths import certificate_path, key_path, kubeconfig_path

ETCD_OPERATOR = "kube-etcd-operator"
_CA, _ETCD_CA, _ETCD_CLIENT = "kube-ca", "kube-etcd-ca", "kube-apiserver-etcd-client"
_END = "-----END CERTIFICATE-----"

_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
"""May follow a service-account key that is being rotated."""

HostFiles = Mapping[str, Mapping[str, bytes]]
"""Files by host name and path."""


def gathered(cluster: Cluster, files: HostFiles) -> Bundle:
    """Return every certificate of the inventory that lies on a host, with key and kubeconfig where a host has them too.

    A pair that belongs together is preferred to a certificate alone, and the control plane's to other hosts'. What the
    hosts do not carry, such as the keys of etcd's CA and of the API aggregation's, is not in it.
    """
    found = {row.name: credential for row in inventory(cluster) if (credential := _found(cluster, row, files))}
    if ETCD_OPERATOR not in found and _ETCD_CLIENT in found:
        # etcd asks its clients for its CA's signature and for nothing else
        found[ETCD_OPERATOR] = Credential(
            name=ETCD_OPERATOR, certificate=found[_ETCD_CLIENT].certificate, key=found[_ETCD_CLIENT].key
        )
    if {_CA, _ETCD_CA} <= found.keys() and found[_ETCD_CA].certificate == found[_CA].certificate:
        found[_ETCD_CA] = replace(found[_CA], name=_ETCD_CA)  # one CA under two names, as RKE's clusters come over
    return found


def of_one_file(name: str, text: str) -> Credential | None:
    """Return the credential of a file that has certificate and key in it, as HAProxy wants them; None of another."""
    certificate, end, key = text.partition(_END)
    found = Credential(name=name, certificate=f"{certificate}{end}\n", key=SecretStr(key.lstrip("\n")))
    return found if end and key_matches(found) else None


def lost(cluster: Cluster, bundle: Bundle) -> tuple[str, ...]:
    """Return what is missing for good: the names of CAs, and of the service-account key, without their private key."""
    return tuple(
        row.name
        for row in inventory(cluster)
        if row.line.kept and not (row.name in bundle and key_matches(bundle[row.name]))
    )


def _found(cluster: Cluster, row: Row, files: HostFiles) -> Credential | None:
    found = list(_on_hosts(row, _by_preference(cluster.hosts), files))
    return next(filter(key_matches, found), found[0] if found else None)


def _by_preference(hosts: Iterable[Host]) -> list[Host]:
    return sorted(hosts, key=lambda host: host.only_worker)


def _on_hosts(row: Row, hosts: Iterable[Host], files: HostFiles) -> Iterator[Credential]:
    for host in hosts:
        there = files.get(host.name, {})
        certificate = _text(there, certificate_path(row.name))
        if row.host in ("", host.name) and read_certificate(certificate) is not None:
            key = SecretStr(_text(there, key_path(row.name)).partition(_CERTIFICATE)[0])
            kubeconfig = _text(there, kubeconfig_path(row.name)) if row.line.kubeconfig is KubeconfigKind.NODE else ""
            yield Credential(name=row.name, certificate=certificate, key=key, kubeconfig=kubeconfig)


def _text(files: Mapping[str, bytes], path: str) -> str:
    return files.get(path, b"").decode(errors="replace")
