"""The cluster that is wanted, as frozen values with nothing optional left to decide.

``resolve.py`` makes a ``Cluster`` from a configuration and the catalog; everything after it reads only this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import PurePosixPath

from pydantic import SecretStr

from rke_py.cluster.addon_model import NO_INGRESS, Dns, Ingress, Monitoring, Network
from rke_py.cluster.apiserver_model import ApiServer
from rke_py.cluster.backup_model import Backup
from rke_py.cluster.cloud_model import CloudProvider
from rke_py.cluster.images_model import Images, Registry
from rke_py.cluster.rke.model import RkeSettings
from rke_py.cluster.upgrade_model import UpgradeStrategy

Subnet = IPv4Network | IPv6Network


class Role(StrEnum):
    """What a node is for, spelled as in cluster.yml."""

    ETCD = "etcd"
    CONTROLPLANE = "controlplane"
    WORKER = "worker"


class Family(StrEnum):
    """Which shape of containers a Kubernetes version gets (docs/explanation/families.md)."""

    RKE = "rke"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    """A taint of a node; ``value`` may be empty."""

    key: str
    effect: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshAccess:
    """How to reach one machine over SSH; inline text wins over a path.

    Attributes:
        address: Name or IP address as written; IPv6 without brackets.
        key, cert: PEM and OpenSSH text, empty when there is none.
        key_path, cert_path: Files on the operator's machine, ``~/`` expanded when ``resolve`` was told the home folder;
            empty when there is none.
        agent: Use the SSH agent's keys.
        host_key: The expected host key, as ``ssh-ed25519 AAAA…``; empty means known_hosts decides.
    """

    address: str
    port: int
    user: str
    key: SecretStr = SecretStr("")
    key_path: str = ""
    cert: str = ""
    cert_path: str = ""
    agent: bool = False
    host_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One machine of the cluster.

    Attributes:
        name: The node's name in Kubernetes (``hostname_override``, else the address), lower case.
        address: The address the operator reaches it by.
        internal_address: The address the other nodes reach it by; an IP address or a name.
        labels, taints: The user's own, without those that follow from the roles.
        carried: Roles whose components it may carry from before, whether or not they are still wanted.
        moved_from: The address by which it was reached before; empty when it is the same, or the host is new.
    """

    name: str
    address: str
    internal_address: str
    roles: frozenset[Role]
    ssh: SshAccess
    docker_socket: str = "/var/run/docker.sock"
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    carried: frozenset[Role] = frozenset()
    moved_from: str = ""

    def has(self, role: Role) -> bool:
        """Tell whether the host carries the role."""
        return role in self.roles

    def may_carry(self, role: Role) -> bool:
        """Tell whether components of the role are wanted on the host, or may still be there."""
        return role in self.roles | self.carried

    @property
    def only_worker(self) -> bool:
        """True when it carries pods and nothing else: when it fails it is counted, and stops nobody."""
        return self.roles == {Role.WORKER}

    @property
    def slug(self) -> str:
        """The host's part of certificate names: internal address, dots and colons as dashes."""
        return self.internal_address.lower().replace(".", "-").replace(":", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the user adds to one component; flags by their bare name.

    Attributes:
        extra_args_array: Flags that are repeated, once for each value, in that order.
    """

    extra_args: Mapping[str, str] = field(default_factory=dict)
    extra_args_array: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra_binds: tuple[str, ...] = ()
    extra_env: tuple[str, ...] = ()

    @property
    def flags(self) -> Mapping[str, tuple[str, ...]]:
        """Every flag with all its values; one of both blocks has the single value first."""
        single = {flag: (value,) for flag, value in self.extra_args.items()}
        repeated = {flag: (*single.get(flag, ()), *values) for flag, values in self.extra_args_array.items()}
        return single | repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Options of every component."""

    etcd: Service = Service()
    kube_api: Service = Service()
    kube_controller: Service = Service()
    scheduler: Service = Service()
    kubelet: Service = Service()
    kubeproxy: Service = Service()
    service_cluster_ip_range: tuple[Subnet, ...]
    service_node_port_range: str
    cluster_cidr: tuple[Subnet, ...]
    cluster_domain: str
    cluster_dns_server: str
    fail_swap_on: bool = False

    @property
    def first_service_ips(self) -> tuple[str, ...]:
        """The API server's Service address in each range: the first one after the network address."""
        return tuple(str(subnet[1]) for subnet in self.service_cluster_ip_range)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalEtcd:
    """An etcd of the owner's own, which rke-py uses and does not touch.

    Attributes:
        urls: Of its members, as written.
        path: The prefix of this cluster's keys in it.
        ca_cert, cert, key: PEM: who signed its members' certificates, and what API servers show to them.
    """

    urls: tuple[str, ...]
    path: str
    ca_cert: str
    cert: str
    key: SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The hosts' and pods' way out of their network, as the usual environment variables mean it.

    Attributes:
        http, https: URLs of the proxies, which may carry a password; empty when there is none.
        no_proxy: Names, addresses and networks that are reached directly; empty without a proxy.
    """

    http: str = field(default="", repr=False)
    https: str = field(default="", repr=False)
    no_proxy: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAddon:
    """Manifests of the user's own.

    Attributes:
        name: ``addons`` for the inline text, else the file's or URL's own name.
        text: YAML documents as read.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Everything cluster.yml asks for, resolved.

    Attributes:
        hosts: In the file's order.
        api_sans: Names and addresses of the API server beyond its hosts' own, that of the load balancer included.
        api_server_address: URL of a load balancer, ``https://lb:6443``; empty when clients use a host.
        addon_timeout: Seconds an add-on may take to become ready.
        max_concurrent_pulls: Images pulled at once from one registry, over all hosts.
        etcd_owner: User and group that run etcd and own its data; root's unless cluster.yml names both. RKE's own
            releases have theirs among ``rke``.
        external_etcd: The etcd of the owner's own that takes the place of hosts with the etcd role; None without one.
        backup: How snapshots of etcd are taken.
        rke: What only RKE's own releases have; None in the upstream family.
        made_by_rke: True for one that RKE made, whatever it runs by now: tokens of that time may still be about.
        migrating: True from the day on which such a cluster is to leave RKE's releases until a run reached all of it.
        leaving: Hosts that cluster.yml has no more and that may still carry the cluster; they have no roles.
    """

    name: str
    version: str
    family: Family
    hosts: tuple[Host, ...]
    services: Services
    api: ApiServer = field(default_factory=ApiServer)
    cloud: CloudProvider = field(default_factory=CloudProvider)
    network: Network
    dns: Dns
    monitoring: Monitoring
    ingress: Ingress = NO_INGRESS
    images: Images
    registries: tuple[Registry, ...] = ()
    upgrade_strategy: UpgradeStrategy = field(default_factory=UpgradeStrategy)
    api_sans: tuple[str, ...] = ()
    api_server_address: str = ""
    addons: tuple[UserAddon, ...] = ()
    addon_timeout: int = 120
    bastion: SshAccess | None = None
    proxy: Proxy = Proxy()
    key_algorithm: str = "ecdsa-p256"
    max_concurrent_pulls: int = 8
    prefix_path: PurePosixPath = PurePosixPath("/")
    etcd_owner: tuple[int, int] = (0, 0)
    external_etcd: ExternalEtcd | None = None
    backup: Backup = Backup()  # noqa: RUF009 - frozen
    rke: RkeSettings | None = None
    made_by_rke: bool = False
    migrating: bool = False
    leaving: tuple[Host, ...] = ()

    @property
    def every(self) -> tuple[Host, ...]:
        """Every host that is to be reached: those that are wanted, then those that leave."""
        return (*self.hosts, *self.leaving)

    @property
    def minor(self) -> tuple[int, int]:
        """The version's major and minor number: ``(1, 34)``."""
        major, minor, *_ = self.version.removeprefix("v").split(".")
        return int(major), int(minor)

    @property
    def dns_for_pods(self) -> str:
        """The DNS server that kubelets tell pods of: the node's own cache where there is one, else the Service's."""
        return self.dns.nodelocal.ip_address if self.dns.nodelocal else self.services.cluster_dns_server

    def with_role(self, role: Role) -> tuple[Host, ...]:
        """Return the hosts that carry the role, in the file's order."""
        return tuple(host for host in self.hosts if host.has(role))

    def carrying(self, role: Role) -> tuple[Host, ...]:
        """Return the hosts on which components of the role are wanted, or may still be."""
        return tuple(host for host in self.every if host.may_carry(role))

    def host(self, name: str) -> Host:
        """Return the host of that node name, also one that leaves."""
        return next(host for host in self.every if host.name == name)
