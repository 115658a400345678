"""Host keys that the operator trusts: known_hosts text in, a verdict out.

The format is that of sshd(8), section SSH_KNOWN_HOSTS FILE FORMAT: patterns, hashed names, ``@revoked``; a
``@cert-authority`` line is passed over, since paramiko does not speak host certificates.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKey:
    """A public host key: its type, such as ``ssh-ed25519``, and its bytes on the wire."""

    type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """``SHA256:…``, as ssh-keygen -l prints it."""
        return fingerprint(self.blob)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHost:
    """One line of a known_hosts file.

    Attributes:
        names: Comma-separated patterns, or one hashed name (``|1|salt|hash``).
        where: ``/home/me/.ssh/known_hosts:12``.
        revoked: The key must never be accepted.
    """

    names: str
    key: HostKey
    where: str
    revoked: bool = False

    def matches(self, name: str) -> bool:
        """Tell whether the line speaks of that name (``node-1`` or ``[node-1]:2222``)."""
        if self.names.startswith("|1|"):
            return _hashed_matches(self.names, name)
        patterns = self.names.lower().split(",")
        refused = any(_glob(name.lower(), pattern[1:]) for pattern in patterns if pattern.startswith("!"))
        return not refused and any(_glob(name.lower(), pattern) for pattern in patterns)


def fingerprint(blob: bytes) -> str:
    """Return ``SHA256:…`` of a key's bytes, as ssh-keygen -l prints it."""
    return "SHA256:" + b64encode(sha256(blob).digest()).decode().rstrip("=")


def known_host_name(address: str, port: int) -> str:
    """Return the name under which known_hosts keeps an address: with brackets when the port is not 22."""
    return address if port == 22 else f"[{address}]:{port}"


def parse_known_hosts(text: str, file: str) -> tuple[KnownHost, ...]:
    """Read a known_hosts file; lines that are not in its format are passed over, as ssh does."""
    lines = (_parse_line(line.split(), f"{file}:{number}") for number, line in enumerate(text.splitlines(), start=1))
    return tuple(line for line in lines if line is not None)


def parse_host_key(text: str) -> HostKey | None:
    """Read ``ssh-ed25519 AAAA… comment``; None when it is not a public key."""
    words = text.split()
    if len(words) < 2:
        return None
    try:
        blob = b64decode(words[1], validate=True)
    except NotBase64:
        return None
    # The bytes begin with the type again: a key pasted with half its text missing shows here.
    length = int.from_bytes(blob[:4], "big")
    return HostKey(type=words[0], blob=blob) if blob[4 : 4 + length] == words[0].encode() else None


def lookup(known: Iterable[KnownHost], names: Sequence[str]) -> tuple[KnownHost, ...]:
    """Return the lines that speak of any of the names."""
    return tuple(line for line in known if any(line.matches(name) for name in names))


def _parse_line(words: Sequence[str], where: str) -> KnownHost | None:
    if not words or words[0].startswith("#") or words[0] == "@cert-authority":
        return None
    revoked = words[0] == "@revoked"
    fields = words[1:] if revoked else words
    key = parse_host_key(" ".join(fields[1:]))
    return KnownHost(names=fields[0], key=key, where=where, revoked=revoked) if key else None


def _glob(name: str, pattern: str) -> bool:
    # Brackets belong to the name ([host]:port) and are not a set of characters as in a shell.
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def _hashed_matches(names: str, name: str) -> bool:
    try:
        salt, wanted = (b64decode(part, validate=True) for part in names.split("|")[2:])
    except (NotBase64, ValueError):
        return False
    return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), wanted)
