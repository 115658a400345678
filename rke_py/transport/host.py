"""One host of the cluster over its SSH connection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from paramiko.channel import Channel

from rke_py.cluster.model import Host
from rke_py.errors import Unreachable
from rke_py.plan.observed import HostFacts
from rke_py.transport.channels import CONNECT_FAILED, ChannelRefused, ConnectionLost
from rke_py.transport.engine import DockerEngine
from rke_py.transport.interface import PortState
from rke_py.transport.link import Link


class SshHost:
    """The HostConnection of interface.py over a real machine.

    Args:
        host: The machine.
        link: Its connection.
        user: Who is logged in there.
        now: This machine's clock, with time zone.
        dial_docker: Opens a stream to its Docker.
    """

    def __init__(
        self, host: Host, link: Link, user: str, now: Callable[[], datetime], dial_docker: Callable[[], Any]
    ) -> None:
        self._host = host
        self._link = link
        self._user = user
        self._engine = DockerEngine(host.name, dial_docker, now=now, watch=link.watch)
        self._facts: HostFacts | None = None

    @property
    def host(self) -> Host:
        """The host it leads to."""
        return self._host

    @property
    def engine(self) -> DockerEngine:
        """The host's Docker."""
        return self._engine

    @property
    def clock_offset(self) -> timedelta:
        """The host's clock minus ours, measured once by Docker's."""
        return self._first_facts().clock_offset

    @property
    def operating_system(self) -> str:
        """The host's system as Docker calls it, asked once."""
        return self._first_facts().operating_system

    def _first_facts(self) -> HostFacts:
        if self._facts is None:
            self._facts = self._engine.facts()
        return self._facts

    def open(self) -> None:
        """Connect and reach Docker; raises HostError."""
        self._link.transport()
        self._engine.open()

    def dial(self, address: str, port: int, timeout: float) -> Channel:
        """Open a stream from the host to an address and port.

        Raises:
            Unreachable: No SSH connection, or sshd does not forward.
            ConnectionRefusedError: Nothing listens.
            ConnectionError: sshd could not connect for another reason; its words are kept.
            TimeoutError: No answer came in time.
        """
        try:
            return self._tcp(address, port, timeout)
        except ChannelRefused as refusal:
            if refusal.code != CONNECT_FAILED:
                raise self._not_forwarded(address, port, refusal) from refusal
            kind = ConnectionRefusedError if _refused(refusal) else ConnectionError
            raise kind(f"{self._host.name} to {address} port {port}: {refusal.reason}") from refusal

    def port(self, address: str, port: int, timeout: float) -> PortState:
        """Tell what a connection attempt from the host finds; a filtered port and a missing route are time-outs."""
        try:
            self._tcp(address, port, timeout).close()
        except ChannelRefused as refusal:
            if refusal.code != CONNECT_FAILED:
                return PortState.NOT_CHECKED
            return PortState.REFUSED if _refused(refusal) else PortState.TIMED_OUT
        except TimeoutError:
            return PortState.TIMED_OUT
        return PortState.OPEN

    def close(self) -> None:
        """Close the connection."""
        self._engine.close()
        self._link.close()

    def _tcp(self, address: str, port: int, timeout: float) -> Channel:
        try:
            return self._link.channel(lambda transport: transport.open_tcp(address, port, timeout))
        except ConnectionLost as fault:
            hint = "Check that the machine is up and the network to it."
            what = "the SSH connection was lost"
            raise Unreachable(self._host.name, what, evidence=[str(fault)], hint=hint) from fault

    def _not_forwarded(self, address: str, port: int, refusal: ChannelRefused) -> Unreachable:
        return Unreachable(
            self._host.name,
            f"sshd does not forward to {address} port {port}",
            evidence=[refusal.reason],
            hint="Set AllowTcpForwarding yes (or local) and DisableForwarding no in sshd_config, with no PermitOpen "
            f"against it, and remove restrict and no-port-forwarding from {self._user}'s authorized_keys.",
        )


def _refused(refusal: ChannelRefused) -> bool:
    return "refused" in refusal.reason.lower()
