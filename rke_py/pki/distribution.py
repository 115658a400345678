"""Which certificate files a host gets, and which of its containers read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rke_py.cluster.model import Cluster, Host
from rke_py.pki.inspect import read_certificates
from rke_py.pki.inventory import NAMES, PER_HOST, inventory, lines_of
from rke_py.pki.line import KubeconfigKind, Line, Usage
from rke_py.pki.model import Bundle, Credential
from rke_py.pki.paths import FOLDER, certificate_path, key_path, kubeconfig_path
from rke_py.pki.placement import Placement, everywhere, off_controlplane, on_controlplane, on_etcd

_COMPONENTS: Mapping[str, Placement] = {
    "etcd": on_etcd,
    "kube-apiserver": on_controlplane,
    "kube-controller-manager": on_controlplane,
    "kube-scheduler": on_controlplane,
    "kubelet": everywhere,
    "kube-proxy": everywhere,
    "haproxy": off_controlplane,
}
"""The containers that read certificates, and where they run."""


_PATHS = (certificate_path, key_path, kubeconfig_path)
_OF_ALL = frozenset(path(name) for name in NAMES for path in _PATHS)
_OF_ONE = tuple(f"{FOLDER}/{kind}{name}" for name in PER_HOST for kind in ("", "kubecfg-"))
"""How the paths of certificates begin that belong to one host."""


def distribution(cluster: Cluster, host: Host, bundle: Bundle) -> tuple[tuple[str, str], ...]:
    """Return path and content of every certificate file of a host, in the order in which they are to be written.

    A key stands before its certificate: who reloads by itself then never sees a new certificate beside an old key for
    longer than it takes to write one file.
    """
    return tuple(entry for line in lines_of(cluster, host) for entry in _files(line, host, bundle))


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What containers do with a certificate file.

    Attributes:
        readers: Names of the host's containers that use it.
        live: True when these read it again by themselves.
        port: Where the certificate in it is shown, on the host; 0 where it is not.
        name: The credential's, in the inventory.
    """

    readers: frozenset[str]
    live: bool
    port: int
    name: str


def uses(cluster: Cluster, host: Host, bundle: Bundle) -> Mapping[str, Use]:
    """Return, for every certificate file of a host by path, which of the host's containers use it, and how."""
    running = frozenset(name for name, placed in _COMPONENTS.items() if placed(host))
    found = {}
    for line in lines_of(cluster, host):
        name = line.name_on(host)
        for path, names in _readers(line, host, bundle):
            live = line.live and path != kubeconfig_path(name)
            port = line.port if path == certificate_path(name) else 0
            found[path] = Use(readers=running.intersection(names), live=live, port=port, name=name)
    return found


def certificate_files(cluster: Cluster) -> frozenset[str]:
    """Return the path of every certificate file that some host of the cluster gets."""
    return frozenset(path(row.name) for row in inventory(cluster) for path in _PATHS)


def is_certificate_file(path: str) -> bool:
    """Tell whether rke-py or RKE gives files of that path to hosts, be it to others or those of another cluster."""
    return path in _OF_ALL or path.startswith(_OF_ONE)


def _files(line: Line, host: Host, bundle: Bundle) -> Iterator[tuple[str, str]]:
    name = line.name_on(host)
    if _has_key(line, host, bundle):
        yield key_path(name), _key_file(line, bundle[name])
    if line.certificate_on(host):
        yield certificate_path(name), bundle[name].certificate
        if line.kubeconfig is KubeconfigKind.NODE:
            yield kubeconfig_path(name), f"{bundle[name].kubeconfig.rstrip()}\n"


def _key_file(line: Line, credential: Credential) -> str:
    """Return a key, and what signatures are verified by beside it where who verifies them reads no other file.

    RKE's API servers sign and verify tokens with one file. They sign with its first private key, and verify by every
    key and certificate in it (Kubernetes' keyutil): while the key is rotated both are there.
    """
    key, certificate = credential.key.get_secret_value(), credential.certificate
    alone = line.usage is not Usage.KEY_PAIR or bool(line.readers) or len(read_certificates(certificate)) == 1
    return key if alone else f"{key.rstrip()}\n{certificate}"


def _readers(line: Line, host: Host, bundle: Bundle) -> Iterator[tuple[str, tuple[str, ...]]]:
    name = line.name_on(host)
    if _has_key(line, host, bundle):
        yield key_path(name), line.readers if line.key_readers is None else line.key_readers
    if line.certificate_on(host):
        yield certificate_path(name), line.readers
        if line.kubeconfig is KubeconfigKind.NODE:
            yield kubeconfig_path(name), line.readers


def _has_key(line: Line, host: Host, bundle: Bundle) -> bool:
    """Tell whether the host gets the key: that of a user's own CA is not there to be given."""
    return line.key_on(host) and bool(bundle[line.name_on(host)].key.get_secret_value())
