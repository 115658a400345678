"""One verified, authenticated SSH connection, or the reason why there is none and the setting that mends it."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import paramiko
from paramiko.channel import Channel

from rke_py.errors import Unreachable
from rke_py.transport.channels import PROHIBITED, RESOURCE_SHORTAGE, ChannelRefused, ConnectionLost, HostTransport
from rke_py.transport.credentials import Credential, Keyring, Unusable
from rke_py.transport.host_keys import HostKeys, Peer, names_of
from rke_py.transport.known_hosts import HostKey
from rke_py.transport.ssh_config import Hop

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for each part of a connection.

    Attributes:
        connect: TCP connection, SSH banner and handshake, each.
        auth: One authentication attempt; slow name services on the host take their time here.
        channel: sshd's answer to a channel.
        keep_alive: Quiet seconds after which an answer is asked for.
        unanswered: So many questions without an answer end the connection.
    """

    connect: float = 15
    auth: float = 30
    channel: float = 15
    keep_alive: float = 15
    unanswered: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What a connection needs from the operator's side."""

    keys: Keyring = field(repr=False)
    host_keys: HostKeys = field(repr=False)
    timeouts: Timeouts = field(default_factory=Timeouts)


def connect(host: str, hop: Hop, login: Login, bastion: HostTransport | None = None, via: str = "") -> HostTransport:
    """Connect, verify the host key, authenticate.

    Args:
        host: The node's name, for errors.
        hop: Where to.
        login: Keys, known hosts and time-outs.
        bastion: The connection to go through.
        via: The bastion's name, for errors.

    Raises:
        Unreachable: With the cause and what mends it.
    """
    peer = Peer(
        host=host, names=names_of(hop.access.address, hop.access.port, hop.alias), pin=hop.access.host_key.strip()
    )
    sock = _through(host, hop, login.timeouts, bastion, via) if bastion else _directly(host, hop, login.timeouts)
    transport = HostTransport(sock)
    try:
        _handshake(transport, peer, hop, login, via)
        _authenticate(transport, host, hop, login.keys)
    except BaseException:
        transport.close()
        raise
    transport.keep_alive(login.timeouts.keep_alive, login.timeouts.unanswered)
    _log.info("%s: connected to %s%s", host, hop, f" through {via}" if via else "")
    return transport


def _directly(host: str, hop: Hop, timeouts: Timeouts) -> socket.socket:
    address, port = hop.access.address, hop.access.port
    try:
        sock = socket.create_connection((address, port), timeouts.connect)
    except (socket.gaierror, UnicodeError) as fault:  # UnicodeError: a label of it is empty or too long
        hint = "Check the address in cluster.yml and the name service, or give the address under Host in ssh_config."
        raise Unreachable(host, f"the name {address} cannot be resolved: {fault}", hint=hint) from fault
    except ConnectionRefusedError as fault:
        hint = "Check that sshd runs there and that cluster.yml has its port."
        raise Unreachable(host, f"{address} port {port} refuses connections", hint=hint) from fault
    except TimeoutError as fault:
        hint = "Check that the machine is up, its address in cluster.yml, and the firewalls; or set bastion_host."
        what = f"{address} port {port} does not answer within {timeouts.connect:g} s"
        raise Unreachable(host, what, hint=hint) from fault
    except OSError as fault:
        hint = "Check the address in cluster.yml and the routes to it; or set bastion_host."
        raise Unreachable(host, f"{address} port {port} cannot be reached: {fault.strerror}", hint=hint) from fault
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Otherwise the kernel goes on for a quarter of an hour when the machine has lost its power.
        quiet = timeouts.keep_alive * timeouts.unanswered
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(quiet * 1000))
    return sock


def _through(host: str, hop: Hop, timeouts: Timeouts, bastion: HostTransport, via: str) -> Channel:
    address, port = hop.access.address, hop.access.port
    try:
        return bastion.open_tcp(address, port, timeouts.connect)
    except ChannelRefused as refusal:
        if refusal.code == PROHIBITED:
            hint = f"Set AllowTcpForwarding yes (and no PermitOpen against it) in sshd_config of {via}."
            what = f"the bastion {via} does not forward to {address} port {port}"
        elif refusal.code == RESOURCE_SHORTAGE:
            hint = "Raise the limit of open files of its sshd (LimitNOFILE in the unit, ulimit -n), and free memory."
            what = f"the bastion {via} has no room for one more connection"
        else:
            hint = f"Check that {address} port {port} answers on the bastion itself: ssh {via} nc -vz {address} {port}"
            what = f"the bastion {via} cannot reach {address} port {port}"
        raise Unreachable(host, what, evidence=[refusal.reason], hint=hint) from refusal
    except TimeoutError as fault:
        hint = f"Check that the machine is up and that {via} has a route to it."
        what = f"{address} port {port} does not answer the bastion {via} within {timeouts.connect:g} s"
        raise Unreachable(host, what, hint=hint) from fault
    except ConnectionLost as fault:
        raise Unreachable(host, f"the connection to the bastion {via} was lost", evidence=[str(fault)]) from fault


def _handshake(transport: HostTransport, peer: Peer, hop: Hop, login: Login, via: str) -> None:
    timeouts = login.timeouts
    transport.banner_timeout = transport.handshake_timeout = timeouts.connect
    transport.auth_timeout, transport.channel_timeout = timeouts.auth, timeouts.channel
    offered = transport.get_security_options()
    offered.key_types = login.host_keys.algorithms(peer, tuple(offered.key_types))
    with _handshake_faults(peer, hop, offered.key_types, via):
        transport.start_client()
        shown = transport.get_remote_server_key()
    login.host_keys.verify(peer, HostKey(type=shown.get_name(), blob=shown.asbytes()))


@contextmanager
def _handshake_faults(peer: Peer, hop: Hop, asked: Sequence[str], via: str) -> Iterator[None]:
    where = f"{hop.access.address} port {hop.access.port}"
    try:
        yield
    except paramiko.ssh_exception.IncompatiblePeer as fault:
        hint = "Its sshd is too old (only DSA or SHA-1 keys): OpenSSH 7.2 or later is needed, with an ed25519, ECDSA "
        hint += "or RSA host key (ssh-keygen -A)."
        if peer.pin and "host key" in str(fault):
            hint = f"host_key in cluster.yml asks for {' or '.join(asked)}, which sshd there does not have."
        what = "no SSH algorithm is common to both sides"
        raise Unreachable(peer.host, what, evidence=[str(fault)], hint=hint) from fault
    except (paramiko.SSHException, EOFError, OSError) as fault:
        hint = "Check that the port in cluster.yml is sshd's and that the machine does not hang; a busy sshd drops "
        hint += "connections (MaxStartups in sshd_config), and so do its PerSourcePenalties and fail2ban."
        if via:
            hint += f" It sees all of them come from {via}: PerSourceMaxStartups, too."
        what = f"{where} accepts connections but does not finish the SSH handshake"
        raise Unreachable(peer.host, what, evidence=[str(fault) or type(fault).__name__], hint=hint) from fault


def _authenticate(transport: HostTransport, host: str, hop: Hop, keys: Keyring) -> None:
    tried: list[str] = []
    unusable: list[Unusable] = []
    ended = ""
    with closing(keys.candidates(hop.access, hop.identity_files)) as candidates:
        for candidate in candidates:
            if isinstance(candidate, Unusable):
                unusable.append(candidate)
                continue
            ended = _shown(transport, hop.access.user, candidate)
            if transport.is_authenticated():
                return
            tried.append(candidate.label)
            if ended:
                break
    raise _no_way_in(host, hop, tried, unusable, ended)


def _shown(transport: HostTransport, user: str, credential: Credential) -> str:
    """Show one key; return why no further one need be tried, or nothing."""
    try:
        further = transport.auth_publickey(user, credential.key)
    except paramiko.BadAuthenticationType as fault:
        return f"sshd accepts only: {', '.join(fault.allowed_types)}"
    except (paramiko.SSHException, EOFError, OSError) as fault:
        return "" if transport.is_active() else f"sshd closed the connection: {fault}"
    return f"sshd wants more than a key: {', '.join(further)}" if further else ""


def _no_way_in(host: str, hop: Hop, tried: Sequence[str], unusable: Sequence[Unusable], ended: str) -> Unreachable:
    evidence = [f"refused: {label}" for label in tried]
    evidence += [f"not shown: {key.label}: {key.why}" for key in unusable]
    evidence += [ended] if ended else []
    if not tried:
        hints = list(dict.fromkeys(key.hint for key in unusable))
        hint = " ".join(hints) or "Set ssh_key_path or ssh_agent_auth: true."
        return Unreachable(host, f"there is no key to show to {hop}", evidence=evidence, hint=hint)
    hint = f"Add the public key to authorized_keys of {hop.access.user} there (ssh-copy-id), or correct user and "
    hint += "ssh_key_path in cluster.yml; sshd's log names its reason."
    if ended.startswith("sshd closed"):
        hint = "sshd gives up after MaxAuthTries keys: name the right one with ssh_key_path. " + hint
    return Unreachable(host, f"{hop} accepts no key", evidence=evidence, hint=hint)
