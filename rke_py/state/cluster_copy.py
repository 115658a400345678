"""The copy of the state that the cluster itself keeps (Secret ``kube-system/full-cluster-state``).

It is a state file without what can be issued again, compressed: ``gunzip`` makes a cluster.rkestate of it. With a state
key it is encrypted behind a readable first line. In a cluster of RKE's own releases it is the whole file as RKE keeps
it, so that RKE can read it. Equal states give equal bytes, so that a copy is only written when something changed.
"""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import SecretStr

from rke_py.errors import StateError
from rke_py.pki.inventory import KEPT
from rke_py.state.codec import adopt, decode, encode, written_by_rke
from rke_py.state.documents import VERSION
from rke_py.state.json_text import JsonObject, read_object
from rke_py.state.lineage import lineage_of
from rke_py.state.model import State
from rke_py.state.sealed import SEALED, first_line

LARGEST = 1024 * 1024
"""Bytes that the API server takes in one Secret."""

_JSON = b"{"
_GZIP = b"\x1f\x8b"
_SEALED = SEALED + b"1 "


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyHeader:
    """What a copy tells without its key, and whatever else is in it.

    Attributes:
        version: Of the form in which it was written; a higher one than ours is a later release's.
        by_rke: Whether RKE wrote it; RKE does not count, and its lineage follows from the CA in it.
    """

    lineage: str
    serial: int
    encrypted: bool = False
    version: int = VERSION
    by_rke: bool = False

    @property
    def later(self) -> bool:
        """True when a later release wrote it, so that this one does not know what it says."""
        return self.version > VERSION


def cluster_copy(state: State, key: SecretStr | None = None) -> bytes:
    """Return what to keep in the cluster.

    Args:
        state: The state; certificates and keys that can be issued again are left out.
        key: The operator's state key, any text; None leaves the copy readable to whoever may read the Secret.

    Raises:
        StateError: When it is larger than a Secret may be.
    """
    bundle = {name: credential for name, credential in state.bundle.items() if name in KEPT}
    plain = gzip.compress(encode(replace(state, bundle=bundle, applied={})), mtime=0)
    return _fitting(plain if key is None else _sealed(plain, state, key))


def copy_for_rke(state: State) -> bytes:
    """Return what to keep in a cluster of RKE's, where RKE and its recurring snapshots look for it.

    Raises:
        StateError: When it is larger than a Secret may be.
    """
    return _fitting(encode(state))


def is_sealed(content: bytes) -> bool:
    """Tell whether a copy is encrypted."""
    return content.startswith(_SEALED)


def copy_header(content: bytes) -> CopyHeader:
    """Return which cluster a copy is of and how old it is, of a later release's too.

    Raises:
        StateError: When it is damaged, or nobody's copy.
    """
    if content.startswith(SEALED) and not is_sealed(content):
        return CopyHeader(lineage="", serial=0, encrypted=True, version=VERSION + 1)
    if not is_sealed(content):
        return _header(_document(content))
    try:
        found = first_line(content)
        version, serial = int(str(found.get("version", VERSION))), int(str(found["serial"]))
        return CopyHeader(lineage=str(found["lineage"]), serial=serial, encrypted=True, version=version)
    except (ValueError, KeyError):
        raise StateError("the state's copy in the cluster is damaged: its first line cannot be read") from None


def read_copy(content: bytes, key: SecretStr | None = None) -> State:
    """Return the state that a copy holds; ``issue`` makes again what was left out.

    Raises:
        StateError: When it is damaged, or encrypted and the key is missing or another one.
    """
    if not content.startswith(_SEALED):
        return _opened(content)
    header = copy_header(content)
    if key is None:
        raise StateError("the state's copy in the cluster is encrypted", hint="Give the state key it was written with.")
    line, _, sealed = content.partition(b"\n")
    try:
        plain = _cipher(header.lineage, key).decrypt(sealed, [line])
    except (InvalidTag, ValueError):
        raise StateError(
            "the state's copy in the cluster is damaged, or encrypted with another state key",
            hint="Give the state key it was written with.",
        ) from None
    return _opened(plain)


def _fitting(content: bytes) -> bytes:
    if len(content) > LARGEST:
        raise StateError(f"the state's copy has {len(content)} bytes and does not fit into a Secret of {LARGEST}")
    return content


def _sealed(plain: bytes, state: State, key: SecretStr) -> bytes:
    told = {"lineage": state.lineage, "serial": state.serial, "version": VERSION}
    line = _SEALED + json.dumps(told).encode()
    return line + b"\n" + _cipher(state.lineage, key).encrypt(plain, [line])


@lru_cache(maxsize=8)
def _cipher(lineage: str, key: SecretStr) -> AESSIV:
    """Return AES-SIV, which needs no random number: equal states stay equal, and nothing else is given away.

    The lineage is random and so a salt of its own for each cluster. The cost makes guessing a weak key slow (0.1 s),
    and is paid once a run.
    """
    salt = lineage.encode()
    return AESSIV(Scrypt(salt=salt, length=64, n=2**15, r=8, p=1).derive(key.get_secret_value().encode()))


def _opened(content: bytes) -> State:
    plain = _plain(content)
    return adopt(plain) if written_by_rke(plain) else decode(plain)


def _plain(content: bytes) -> bytes:
    if content.startswith(_JSON):
        return content
    if not content.startswith(_GZIP):
        raise StateError("the state's copy in the cluster was not written by rke-py")
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error):
        raise StateError("the state's copy in the cluster is damaged: it cannot be decompressed") from None


def _document(content: bytes) -> JsonObject:
    try:
        return read_object(_plain(content))
    except ValueError as error:
        raise StateError(f"the state's copy in the cluster is damaged: {error}") from None


def _header(document: JsonObject) -> CopyHeader:
    """Read no more than is told: what else is in it may be of a form that this release does not know."""
    match document:
        case {"rkePy": {"version": int(version), "lineage": str(lineage), "serial": int(serial)}}:
            return CopyHeader(lineage=lineage, serial=serial, version=version)
        case {"rkePy": {"version": int(version)}} if version > VERSION:
            return CopyHeader(lineage="", serial=0, version=version)
        case {"rkePy": _}:
            pass
        case {"desiredState": {"certificatesBundle": {"kube-ca": {"certificatePEM": str(authority)}}}}:
            return CopyHeader(lineage=lineage_of(authority), serial=0, by_rke=True)
    raise StateError("the state's copy in the cluster is damaged: it does not tell of which cluster it is")
