"""Which certificate files a host gets, and which of its containers read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rke_py.cluster.model import Cluster, Host
from rke_py.pki.inventory import KubeconfigKind, Row, host_inventory, running_on
from rke_py.pki.model import Bundle
from rke_py.pki.paths import certificate_path, key_path, kubeconfig_path


def distribution(cluster: Cluster, host: Host, bundle: Bundle) -> tuple[tuple[str, str], ...]:
    """Return path and content of every certificate file of a host.

    A key stands before its certificate: who reloads by itself then never sees a new certificate beside an old key for
    longer than it takes to write one file.
    """
    return tuple(entry for row in host_inventory(cluster, host) for entry in _files(row, host, bundle))


def readers(cluster: Cluster, host: Host) -> Mapping[str, frozenset[str]]:
    """Return, for every certificate file of a host by path, the names of the host's containers that use it."""
    running = running_on(host)
    return {path: names & running for row in host_inventory(cluster, host) for path, names in _readers(row, host)}


def _files(row: Row, host: Host, bundle: Bundle) -> Iterator[tuple[str, str]]:
    credential = bundle[row.name]
    if row.key_on(host):
        yield key_path(row.name), credential.key.get_secret_value()
    if row.certificate_on(host):
        yield certificate_path(row.name), credential.certificate
        if row.kubeconfig is KubeconfigKind.NODE:
            yield kubeconfig_path(row.name), credential.kubeconfig


def _readers(row: Row, host: Host) -> Iterator[tuple[str, frozenset[str]]]:
    if row.key_on(host):
        yield key_path(row.name), row.key_readers
    if row.certificate_on(host):
        yield certificate_path(row.name), row.readers
        if row.kubeconfig is KubeconfigKind.NODE:
            yield kubeconfig_path(row.name), row.readers
