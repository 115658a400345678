"""The decision whether a machine is the one that was meant, by its host key.

Nothing is accepted silently: a key is known from a file, pinned in cluster.yml, or written down on first use when the
operator said so.
"""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rke_py.errors import Unreachable
from rke_py.transport.known_hosts import HostKey, KnownHost, known_host_name, lookup, parse_host_key, parse_known_hosts

_RSA_ALGORITHMS = ("rsa-sha2-512", "rsa-sha2-256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The machine that a connection is meant for.

    Attributes:
        host: The node's name, for errors.
        names: What known_hosts may call it: ``node-1`` or ``[node-1]:2222``; the first is written.
        pin: ``nodes[].host_key``; empty when there is none.
    """

    host: str
    names: tuple[str, ...]
    pin: str = ""


class HostKeys:
    """The known_hosts files of the operator and of the machine rke-py runs on.

    Args:
        files: In order; a key accepted on first use is added to the first. Missing ones are passed over.
        accept_new: Accept and write down the key of a machine that no file speaks of.
    """

    def __init__(self, files: Sequence[Path], *, accept_new: bool) -> None:
        self._files = tuple(files)
        self._accept_new = accept_new
        self._lock = threading.Lock()
        self._known = tuple(line for file in self._files for line in _read(file))

    def algorithms(self, peer: Peer, offered: Sequence[str]) -> tuple[str, ...]:
        """Return the signature algorithms to ask for: those of known keys first, only those of a pinned one.

        sshd shows one of its keys; without this it may be another one than the one that is known.
        """
        pinned = parse_host_key(peer.pin)
        types = [pinned.type] if pinned else [line.key.type for line in lookup(self._known, peer.names)]
        wanted = [name for kind in types for name in (_RSA_ALGORITHMS if kind == "ssh-rsa" else (kind,))]
        known = tuple(dict.fromkeys(name for name in wanted if name in offered))
        return known if pinned else known + tuple(name for name in offered if name not in known)

    def verify(self, peer: Peer, shown: HostKey) -> None:
        """Accept the key or raise Unreachable that says why not and what to do."""
        if peer.pin:
            _verify_pin(peer, shown)
            return
        with self._lock:
            lines = lookup(self._known, peer.names)
            _verify_known(peer, shown, lines)
            if not any(line.key == shown for line in lines):
                self._first_use(peer, shown)

    def _first_use(self, peer: Peer, shown: HostKey) -> None:
        if not self._accept_new or not self._files:
            raise Unreachable(
                peer.host,
                f"its SSH host key is not known: {shown.type} {shown.fingerprint}",
                evidence=[f"no line for {' or '.join(peer.names)} in {file}" for file in self._files],
                hint="Compare the fingerprint with the machine's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), "
                "then set nodes[].host_key, or run again with --accept-new-host-keys to trust and remember it.",
            )
        file = self._files[0]
        line = f"{peer.names[0]} {shown.type} {b64encode(shown.blob).decode()}\n"
        try:
            _append(file, line)
        except OSError as fault:
            raise Unreachable(
                peer.host,
                f"its SSH host key cannot be remembered: {fault}",
                hint="Let that file be writable, or set nodes[].host_key.",
            ) from fault
        self._known += parse_known_hosts(line, str(file))


def _append(file: Path, line: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file.open("a+b") as known_hosts:
        known_hosts.seek(0)
        before = known_hosts.read()
        known_hosts.write((b"\n" if before and not before.endswith(b"\n") else b"") + line.encode())


def _read(file: Path) -> tuple[KnownHost, ...]:
    try:
        return parse_known_hosts(file.read_text("utf-8", "replace"), str(file))
    except OSError:
        return ()


def _verify_pin(peer: Peer, shown: HostKey) -> None:
    pinned = parse_host_key(peer.pin)
    if pinned is None:
        raise Unreachable(
            peer.host,
            "host_key is not a public key",
            hint="Write it as ssh-keyscan prints it, without the name: ssh-ed25519 AAAA…",
        )
    if pinned != shown:
        raise _changed(peer, shown, pinned, "host_key in cluster.yml", "set host_key in cluster.yml to the new key")


def _verify_known(peer: Peer, shown: HostKey, lines: Sequence[KnownHost]) -> None:
    for line in lines:
        if line.revoked and line.key == shown:
            raise Unreachable(peer.host, f"its SSH host key is revoked: {shown.fingerprint}", evidence=[line.where])
    trusted = [line for line in lines if not line.revoked]
    if trusted and not any(line.key == shown for line in trusted):
        known = next((line for line in trusted if line.key.type == shown.type), trusted[0])
        mend = f"remove the old key with: ssh-keygen -R '{peer.names[0]}' -f {known.where.rpartition(':')[0]}"
        raise _changed(peer, shown, known.key, known.where, mend)


def _changed(peer: Peer, shown: HostKey, known: HostKey, where: str, mend: str) -> Unreachable:
    return Unreachable(
        peer.host,
        "its SSH host key has changed: another machine answers, or it was installed anew",
        evidence=[
            f"expected {known.type} {known.fingerprint} ({where})",
            f"shown    {shown.type} {shown.fingerprint}",
        ],
        hint=f"Find out why first. If the machine was installed anew, {mend}.",
    )


def names_of(address: str, port: int, alias: str) -> tuple[str, ...]:
    """Return the names known_hosts may have for a machine: ssh_config's HostKeyAlias, or its address and port."""
    return (alias,) if alias else (known_host_name(address, port),)
