"""The keys that a host is shown, in the order in which they are tried.

Reads key files and asks the agent; every key file is read, and its passphrase asked for, once for all hosts.
"""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from pydantic import SecretStr

from rke_py.cluster.model import SshAccess
from rke_py.transport.known_hosts import fingerprint

Passphrase = Callable[[str], SecretStr | None]
"""Is told which key is encrypted and returns its passphrase, or None when there is none to be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A key that can be shown; ``label`` names it without showing it."""

    label: str
    key: paramiko.PKey = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A key that was asked for and cannot be shown: why, and what mends it."""

    label: str
    why: str
    hint: str


Candidates = Generator[Credential | Unusable, None, None]
"""Keys in the order in which they are tried."""


class Keyring:
    """All keys of a run.

    Args:
        passphrase: Called at most once for each encrypted key, never from two threads at once.
    """

    def __init__(self, passphrase: Passphrase) -> None:
        self._passphrase = passphrase
        self._loaded: dict[tuple[str, str, str], tuple[Credential | Unusable, ...]] = {}
        self._lock = threading.Lock()

    def candidates(self, access: SshAccess, identity_files: Sequence[str] = ()) -> Candidates:
        """Yield the keys for a host: of the agent, inline, from its file, from ssh_config's files.

        The generator holds the agent's connection open; close it when a key was accepted.
        """
        files = tuple(dict.fromkeys(path for path in (access.key_path, *identity_files) if path))
        if access.agent:
            yield from _agent_keys([*files])
        if access.key.get_secret_value():
            yield from self._load("the inline ssh_key", access.key, access)
            return
        for path in files:
            yield from self._load_file(path, access)

    def _load_file(self, path: str, access: SshAccess) -> tuple[Credential | Unusable, ...]:
        try:
            text = SecretStr(Path(path).expanduser().read_text("utf-8"))
        except OSError as fault:
            hint = "Set ssh_key_path (cluster or node) to a private key you can read, or ssh_agent_auth: true."
            return (Unusable(label=f"key {path}", why=fault.strerror or str(fault), hint=hint),)
        except UnicodeDecodeError:
            return (Unusable(label=f"key {path}", why="not a private key", hint="ssh_key_path must name a PEM file."),)
        return self._load(f"key {path}", text, access, sibling=f"{path}-cert.pub")

    def _load(
        self, label: str, text: SecretStr, access: SshAccess, sibling: str = ""
    ) -> tuple[Credential | Unusable, ...]:
        with self._lock:
            wanted = (text.get_secret_value(), access.cert, access.cert_path)
            if wanted not in self._loaded:
                self._loaded[wanted] = self._load_once(label, text, access, sibling)
            return self._loaded[wanted]

    def _load_once(
        self, label: str, text: SecretStr, access: SshAccess, sibling: str
    ) -> tuple[Credential | Unusable, ...]:
        try:
            make = self._private_key(label, text)
            key = make()
            plain = Credential(label=f"{label} ({key.get_name()} {fingerprint(key.asbytes())})", key=key)
            certificate = _certificate(access, sibling)
            if not certificate:
                return (plain,)
            certified = make()
            certified.load_certificate(certificate)
            return Credential(label=f"certificate of {plain.label}", key=certified), plain
        except _NotLoaded as fault:
            return (fault.unusable,)
        except (paramiko.SSHException, ValueError) as fault:
            hint = "ssh_cert_path must name the OpenSSH certificate that was signed for this very key."
            return (Unusable(label=f"certificate of {label}", why=str(fault), hint=hint),)

    def _private_key(self, label: str, text: SecretStr) -> Callable[[], paramiko.PKey]:
        try:
            return _parse(text, None, label)
        except TypeError:  # cryptography's way to say that the key is encrypted
            passphrase = self._passphrase(label)
        hint = "Set RKE_SSH_PASSPHRASE, run on a terminal to be asked, or use ssh_agent_auth: true."
        if passphrase is None:
            raise _NotLoaded(label, "it is encrypted and there is no passphrase", hint)
        try:
            return _parse(text, passphrase, label)
        except _NotLoaded:
            raise _NotLoaded(label, "the passphrase does not open it", hint) from None


class _NotLoaded(Exception):
    def __init__(self, label: str, why: str, hint: str) -> None:
        super().__init__(why)
        self.unusable = Unusable(label=label, why=why, hint=hint)


def _parse(text: SecretStr, passphrase: SecretStr | None, label: str) -> Callable[[], paramiko.PKey]:
    """Read OpenSSH's, OpenSSL's or PKCS #8's form and return what makes a paramiko key of it.

    Raises TypeError when the key is encrypted and no passphrase was given.
    """
    data = text.get_secret_value().strip().encode() + b"\n"
    password = passphrase.get_secret_value().encode() if passphrase else None
    load = load_ssh_private_key if b"BEGIN OPENSSH PRIVATE KEY" in data else load_pem_private_key
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about DSA, which is refused below
            loaded = load(data, password)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise _NotLoaded(label, "it is not a private key", "Check the file; a public key or PPK is no use.") from fault
    classes: dict[type, type[paramiko.RSAKey | paramiko.ECDSAKey | paramiko.Ed25519Key]] = {
        rsa.RSAPrivateKey: paramiko.RSAKey,
        ec.EllipticCurvePrivateKey: paramiko.ECDSAKey,
        ed25519.Ed25519PrivateKey: paramiko.Ed25519Key,
    }
    kind = next((key for algorithm, key in classes.items() if isinstance(loaded, algorithm)), None)
    if kind is None:
        raise _NotLoaded(label, "DSA keys are no longer accepted", "Make a new one: ssh-keygen -t ed25519")
    # paramiko reads fewer forms than cryptography does; OpenSSH's own is common to all kinds of key.
    plain = loaded.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    return lambda: kind.from_private_key(io.StringIO(plain))


def _certificate(access: SshAccess, sibling: str) -> str:
    if access.cert:
        return access.cert
    path = Path(access.cert_path or sibling).expanduser()
    if not access.cert_path and not (sibling and path.exists()):
        return ""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise _NotLoaded(f"certificate {path}", str(fault), "Set ssh_cert_path to the certificate.") from fault


def _agent_keys(files: Sequence[str]) -> Candidates:
    hint = "Start one (eval $(ssh-agent); ssh-add), or set ssh_agent_auth: false and ssh_key_path."
    try:
        agent = paramiko.Agent()
    except (paramiko.SSHException, OSError) as fault:
        yield Unusable(label="the SSH agent", why=f"it does not tell its keys: {fault}", hint=hint)
        return
    try:
        # sshd gives up after MaxAuthTries keys (6): the one that the operator names goes first.
        named = {_public_blob(f"{path}.pub") for path in files}
        keys = sorted(agent.get_keys(), key=lambda key: key.asbytes() not in named)
        if not keys:
            yield Unusable(label="the SSH agent", why="none answers at SSH_AUTH_SOCK, or it holds no key", hint=hint)
        for key in keys:
            yield Credential(label=f"agent key {key.comment} ({key.get_name()} {fingerprint(key.asbytes())})", key=key)
    finally:
        agent.close()


def _public_blob(path: str) -> bytes:
    try:
        return paramiko.pkey.PublicBlob.from_file(str(Path(path).expanduser())).key_blob
    except (OSError, ValueError, IndexError):
        return b""
