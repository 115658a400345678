"""Connections to all hosts of a cluster at once."""

from __future__ import annotations

import resource
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from pydantic import SecretStr

from rke_py.cluster.model import Cluster
from rke_py.errors import HostError, Unreachable
from rke_py.transport.channels import HostTransport
from rke_py.transport.credentials import Keyring, Passphrase
from rke_py.transport.docker_port import SCHEME, DockerPort, tls_of
from rke_py.transport.docker_socket import DockerSocket
from rke_py.transport.host import SshHost
from rke_py.transport.host_keys import HostKeys
from rke_py.transport.link import Link
from rke_py.transport.ssh import Login, Timeouts, connect
from rke_py.transport.ssh_config import Hop, SshConfig

_AT_ONCE = 48
_DESCRIPTORS_A_HOST = 4


def _no_passphrase(_label: str) -> SecretStr | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SshOptions:
    """The operator's side of every connection.

    Attributes:
        user: Who runs rke-py: the login where neither cluster.yml nor ssh_config names one.
        known_hosts: Files in order; keys accepted on first use go into the first.
        accept_new_host_keys: Trust a machine that no file speaks of, and write its key down.
        ssh_config: Text of the operator's ssh_config, Include followed (``ssh_config.read_ssh_config``).
        passphrase: Asked once for each encrypted key file.
        docker_certificates: Folder with ca.pem, cert.pem and key.pem for Docker behind a port; None for no TLS.
    """

    user: str = "root"
    known_hosts: tuple[Path, ...] = ()
    accept_new_host_keys: bool = False
    ssh_config: str = ""
    passphrase: Passphrase = field(default=_no_passphrase, repr=False)
    docker_certificates: Path | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)


def open_fleet(cluster: Cluster, *, options: SshOptions, now: Callable[[], datetime]) -> SshFleet:
    """Return the fleet of a cluster; entering it connects.

    Args:
        cluster: Its hosts and bastion.
        options: Keys, known hosts, time-outs.
        now: This machine's clock, with time zone.

    Raises:
        UsageError: ssh_config, or the certificates for Docker behind a port, cannot be read.
    """
    login = Login(
        keys=Keyring(options.passphrase),
        host_keys=HostKeys(options.known_hosts, accept_new=options.accept_new_host_keys),
        timeouts=options.timeouts,
    )
    config = SshConfig(options.ssh_config, user=options.user)
    bastions: dict[tuple[Hop, ...], Link] = {}
    ports = any(host.docker_socket.startswith(SCHEME) for host in cluster.every)
    tls = tls_of(options.docker_certificates) if ports and options.docker_certificates else None
    hosts = []
    for host in cluster.every:
        *before, target = config.route(host.ssh, cluster.bastion)
        link = _link(host.name, target, _bastion(tuple(before), bastions, login), login, before)
        user, wait = target.access.user, options.timeouts.channel
        docker: DockerPort | DockerSocket = DockerSocket(link, host.docker_socket, user, wait)
        if host.docker_socket.startswith(SCHEME):
            docker = DockerPort(link, host.docker_socket, tls, wait)
        hosts.append(SshHost(host, link, user, now, docker.dial))
    return SshFleet(hosts, tuple(bastions.values()))


class SshFleet:
    """The Fleet of interface.py over real machines.

    Args:
        hosts: In the cluster's order.
        bastions: Connections that others go through, nearest first.
    """

    def __init__(self, hosts: Sequence[SshHost], bastions: Sequence[Link]) -> None:
        self._hosts = {host.host.name: host for host in hosts}
        self._bastions = tuple(bastions)
        self._faults: dict[str, Exception] = {}

    def __enter__(self) -> Self:
        """Connect to all hosts at once."""
        _raise_descriptor_limit(_DESCRIPTORS_A_HOST * len(self._hosts))
        pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="connect")
        try:
            faults = list(pool.map(_open, self._hosts.values()))
        except BaseException:  # Ctrl-C: nobody waits for the rest, and nothing stays open
            pool.shutdown(wait=False, cancel_futures=True)
            self._close()
            raise
        pool.shutdown()
        self._faults = {name: fault for name, fault in zip(self._hosts, faults, strict=True) if fault is not None}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self._close()

    def _close(self) -> None:
        for host in self._hosts.values():
            host.close()
        for bastion in reversed(self._bastions):
            bastion.close()

    def __getitem__(self, name: str) -> SshHost:
        """Return the connection of a host by node name; raises its own fault when there is none."""
        if name in self._faults:
            raise self._faults[name]
        return self._hosts[name]

    @property
    def reachable(self) -> tuple[str, ...]:
        """Names of the hosts that answered, in the cluster's order."""
        return tuple(name for name in self._hosts if name not in self._faults)

    @property
    def faults(self) -> Mapping[str, Exception]:
        """Why the others did not."""
        return MappingProxyType(self._faults)


def _open(host: SshHost) -> HostError | None:
    try:
        host.open()
    except HostError as fault:
        return fault
    return None


def _bastion(hops: tuple[Hop, ...], bastions: dict[tuple[Hop, ...], Link], login: Login) -> Link | None:
    """Return the shared connection to the last of the hops, through those before it."""
    if not hops:
        return None
    if hops not in bastions:
        before = _bastion(hops[:-1], bastions, login)
        bastions[hops] = _link(f"bastion {hops[-1]}", hops[-1], before, login, hops[:-1])
    return bastions[hops]


def _link(host: str, hop: Hop, bastion: Link | None, login: Login, before: Sequence[Hop]) -> Link:
    def open_connection() -> HostTransport:
        if bastion is None:
            return connect(host, hop, login)
        return connect(host, hop, login, _through(host, bastion), str(before[-1]))

    return Link(host, open_connection)


def _through(host: str, bastion: Link) -> HostTransport:
    try:
        return bastion.transport()
    except Unreachable as fault:
        # The fault is the bastion's, and this host's all the same.
        raise Unreachable(host, str(fault), evidence=fault.evidence, hint=fault.hint) from fault


def _raise_descriptor_limit(wanted: int) -> None:
    """Raise the soft limit as far as it may be: the usual 1024 is less than a large cluster needs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = soft + wanted
    most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if most > soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
