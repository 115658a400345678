"""Every certificate of a cluster, as one table.

``TABLE`` has one line for each kind of certificate; ``inventory`` turns it into the rows of a given cluster, one for
each host where the line says so. Issuing, handing out, listing and restarting all read these rows and know no name of
their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from rke_py.cluster.model import Cluster, Host
from rke_py.pki.names import api_server_names, host_names, loopback_names
from rke_py.pki.placement import (
    Placement,
    everywhere,
    nowhere,
    off_controlplane,
    on_controlplane,
    on_etcd,
    on_etcd_or_controlplane,
)

_COMPONENTS: tuple[tuple[str, Placement], ...] = (
    ("etcd", on_etcd),
    ("kube-apiserver", on_controlplane),
    ("kube-controller-manager", on_controlplane),
    ("kube-scheduler", on_controlplane),
    ("kubelet", everywhere),
    ("kube-proxy", everywhere),
    ("haproxy", off_controlplane),
)
"""The containers that read certificates, and where they run."""


class Usage(StrEnum):
    """What a certificate is for."""

    AUTHORITY = "authority"
    SERVER = "server"
    CLIENT = "client"
    PEER = "peer"
    """Server and client at once."""
    KEY_PAIR = "key pair"
    """Only the key matters; the certificate authenticates nobody."""


class KubeconfigKind(StrEnum):
    """Whether a kubeconfig goes with a certificate, and which."""

    NONE = "none"
    NODE = "node"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One certificate of one cluster.

    Attributes:
        name: Name in the state and of its files.
        common_name, organization: The subject: Kubernetes' user and group. A CA's own common name may differ.
        issuer: Name of the CA that signs it, empty when it signs itself.
        sans: DNS names and IP addresses that a server's certificate must carry.
        host: Name of the only host it belongs to, empty when hosts share it.
        certificate_on, key_on: Which hosts get the certificate and the key; ``nowhere`` keeps them in the state.
        readers, key_readers: Containers that use the certificate (and kubeconfig), and the key.
    """

    name: str
    common_name: str
    organization: str = ""
    usage: Usage
    issuer: str = ""
    sans: frozenset[str] = frozenset()
    host: str = ""
    certificate_on: Placement = nowhere
    key_on: Placement = nowhere
    kubeconfig: KubeconfigKind = KubeconfigKind.NONE
    readers: frozenset[str] = frozenset()
    key_readers: frozenset[str] = frozenset()

    @property
    def kept(self) -> bool:
        """True for what a cluster cannot do without: once there is a cluster it is never made anew by itself."""
        return self.usage in (Usage.AUTHORITY, Usage.KEY_PAIR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One kind of certificate; the fields are those of ``Row`` but for these.

    Attributes:
        common_name: Its value, with ``{node}`` for the node's name where each host has its own.
        sans: The names as a function of the cluster.
        each: Makes one row for each host it holds for, named ``NAME-SLUG``, with ``host_sans`` of that host.
        readers: Containers that use certificate, kubeconfig and (unless ``key_readers`` says otherwise) key.
    """

    name: str
    common_name: str
    organization: str = ""
    usage: Usage
    issuer: str = ""
    sans: Callable[[Cluster], frozenset[str]] | None = None
    host_sans: Callable[[Host], frozenset[str]] | None = None
    each: Placement | None = None
    certificate_on: Placement = nowhere
    key_on: Placement = nowhere
    kubeconfig: KubeconfigKind = KubeconfigKind.NONE
    readers: tuple[str, ...] = ()
    key_readers: tuple[str, ...] | None = None


TABLE: tuple[Line, ...] = (
    Line(
        name="kube-ca",
        common_name="kube-ca",
        usage=Usage.AUTHORITY,
        certificate_on=everywhere,
        key_on=on_controlplane,  # kube-controller-manager signs certificate requests with it
        readers=("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "haproxy"),
        key_readers=("kube-controller-manager",),
    ),
    Line(
        name="kube-etcd-ca",
        common_name="kube-etcd-ca",
        usage=Usage.AUTHORITY,
        certificate_on=on_etcd_or_controlplane,
        readers=("etcd", "kube-apiserver"),
    ),
    Line(
        name="kube-apiserver-requestheader-ca",
        common_name="kube-apiserver-requestheader-ca",
        usage=Usage.AUTHORITY,
        certificate_on=on_controlplane,
        readers=("kube-apiserver",),
    ),
    Line(
        name="kube-service-account-token",
        common_name="kube-service-account-token",
        usage=Usage.KEY_PAIR,
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
        key_readers=("kube-apiserver", "kube-controller-manager"),
    ),
    Line(
        name="kube-apiserver",
        common_name="kube-apiserver",
        usage=Usage.SERVER,
        issuer="kube-ca",
        sans=api_server_names,
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
    ),
    Line(
        name="kube-apiserver-kubelet-client",
        common_name="kube-apiserver-kubelet-client",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
    ),
    Line(
        name="kube-apiserver-etcd-client",
        common_name="kube-apiserver-etcd-client",
        usage=Usage.CLIENT,
        issuer="kube-etcd-ca",
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
    ),
    Line(
        name="kube-apiserver-proxy-client",
        common_name="kube-apiserver-proxy-client",
        usage=Usage.CLIENT,
        issuer="kube-apiserver-requestheader-ca",
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-apiserver",),
    ),
    Line(
        name="kube-controller-manager",
        common_name="system:kube-controller-manager",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        kubeconfig=KubeconfigKind.NODE,
        readers=("kube-controller-manager",),
    ),
    Line(
        name="kube-controller-manager-serving",
        common_name="kube-controller-manager",
        usage=Usage.SERVER,
        issuer="kube-ca",
        sans=loopback_names,
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-controller-manager",),
    ),
    Line(
        name="kube-scheduler",
        common_name="system:kube-scheduler",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        kubeconfig=KubeconfigKind.NODE,
        readers=("kube-scheduler",),
    ),
    Line(
        name="kube-scheduler-serving",
        common_name="kube-scheduler",
        usage=Usage.SERVER,
        issuer="kube-ca",
        sans=loopback_names,
        certificate_on=on_controlplane,
        key_on=on_controlplane,
        readers=("kube-scheduler",),
    ),
    Line(
        name="kube-proxy",
        common_name="system:kube-proxy",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        certificate_on=everywhere,
        key_on=everywhere,
        kubeconfig=KubeconfigKind.NODE,
        readers=("kube-proxy",),
    ),
    Line(
        name="kube-api-proxy",
        common_name="rke-py:api-proxy",  # a user without any right: it may ask /readyz, as everybody known may
        usage=Usage.CLIENT,
        issuer="kube-ca",
        certificate_on=off_controlplane,
        key_on=off_controlplane,
        readers=("haproxy",),
    ),
    Line(
        name="kube-node",
        common_name="system:node:{node}",
        organization="system:nodes",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        each=everywhere,
        certificate_on=everywhere,
        key_on=everywhere,
        kubeconfig=KubeconfigKind.NODE,
        readers=("kubelet",),
    ),
    Line(
        name="kube-kubelet",
        common_name="kube-kubelet",
        usage=Usage.SERVER,
        issuer="kube-ca",
        host_sans=host_names,
        each=everywhere,
        certificate_on=everywhere,
        key_on=everywhere,
        readers=("kubelet",),
    ),
    Line(
        name="kube-etcd",
        common_name="kube-etcd",
        usage=Usage.PEER,
        issuer="kube-etcd-ca",
        sans=loopback_names,
        host_sans=host_names,
        each=on_etcd,
        certificate_on=on_etcd,
        key_on=on_etcd,
        readers=("etcd",),
    ),
    Line(name="kube-etcd-operator", common_name="kube-etcd-operator", usage=Usage.CLIENT, issuer="kube-etcd-ca"),
    Line(
        name="kube-admin",
        common_name="kube-admin",
        organization="system:masters",
        usage=Usage.CLIENT,
        issuer="kube-ca",
        kubeconfig=KubeconfigKind.ADMIN,
    ),
)
"""The upstream family's certificates; every CA stands before what it signs."""

PER_HOST = tuple(f"{line.name}-" for line in TABLE if line.each)
"""How the names of certificates begin that belong to one host."""

KEPT = frozenset(line.name for line in TABLE if line.usage in (Usage.AUTHORITY, Usage.KEY_PAIR))
"""Names of what cannot be issued again: the CAs and the service-account key."""


def inventory(cluster: Cluster) -> tuple[Row, ...]:
    """Return every certificate the cluster needs, CAs before what they sign."""
    return _expanded(cluster, cluster.hosts)


def host_inventory(cluster: Cluster, host: Host) -> tuple[Row, ...]:
    """Return the rows a host may carry files of: those that hosts share, and its own."""
    return _expanded(cluster, (host,))


def running_on(host: Host) -> frozenset[str]:
    """Return the containers of a host that read certificates."""
    return frozenset(name for name, placed in _COMPONENTS if placed(host))


def _expanded(cluster: Cluster, hosts: tuple[Host, ...]) -> tuple[Row, ...]:
    return tuple(row for line in TABLE for row in _rows(line, cluster, hosts))


def _rows(line: Line, cluster: Cluster, hosts: tuple[Host, ...]) -> Iterator[Row]:
    shared = line.sans(cluster) if line.sans else frozenset[str]()
    if line.each is None:
        yield _row(line, line.name, shared)
        return
    for host in filter(line.each, hosts):
        own = line.host_sans(host) if line.host_sans else frozenset[str]()
        yield _row(line, f"{line.name}-{host.slug}", shared | own, host.name)


def _row(line: Line, name: str, sans: frozenset[str], host: str = "") -> Row:
    return Row(
        name=name,
        common_name=line.common_name.format(node=host),
        organization=line.organization,
        usage=line.usage,
        issuer=line.issuer,
        sans=sans,
        host=host,
        certificate_on=line.certificate_on,
        key_on=line.key_on,
        kubeconfig=line.kubeconfig,
        readers=frozenset(line.readers),
        key_readers=frozenset(line.readers if line.key_readers is None else line.key_readers),
    )
