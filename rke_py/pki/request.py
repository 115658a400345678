"""Signing requests for certificates that the owner's own CA signs: one for each row of the inventory but the CAs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import SecretStr

from rke_py.errors import Problem
from rke_py.pki.inspect import read_certificate, same_key
from rke_py.pki.inventory import Row
from rke_py.pki.keys import PrivateKey, key_fault, key_text, read_key
from rke_py.pki.model import Bundle
from rke_py.pki.sign import extensions, subject_name
from rke_py.pki.supplied import KEY, REQUEST, Supplied


class Request(NamedTuple):
    """One signing request.

    Attributes:
        signed: Whether the folder holds a certificate for its key.
        new: Whether the request was made now; what was there and still fits is left alone.
    """

    name: str
    signed: bool
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """The requests of a cluster, and the files to write for them."""

    requests: tuple[Request, ...]
    files: Mapping[str, SecretStr]
    problems: tuple[Problem, ...] = ()


def make_requests(
    rows: tuple[Row, ...],
    supplied: Supplied,
    files: Mapping[str, bytes],
    existing: Bundle,
    *,
    new_key: Callable[[], PrivateKey],
) -> Requests:
    """Return a request for every certificate that a CA has to sign.

    A key that is there stays: the folder's, else the state's, so that what is signed again fits what runs. A request
    that is there stays, too, unless its subject, its names or its key are no longer the right ones.

    Args:
        rows: The cluster's inventory.
        supplied: What the folder holds.
        files: The folder's files by name, requests among them.
        existing: What the state holds.
        new_key: Makes a key.
    """
    found: list[Request] = []
    written: dict[str, SecretStr] = {}
    problems: list[Problem] = []
    for row in rows:
        if row.line.kept:
            continue
        given = supplied.credentials.get(row.name)
        text = given.key if given else SecretStr("")
        if text.get_secret_value() and read_key(text) is None:
            problems.append(Problem(where=f"{supplied.folder}/{row.name}{KEY}", what=key_fault(text)))
            continue
        key = read_key(text) or _known_key(row, existing) or new_key()
        if not text.get_secret_value():
            written[f"{row.name}{KEY}"] = key_text(key)
        new = not _fits(row, key, files.get(f"{row.name}{REQUEST}", b""))
        if new:
            written[f"{row.name}{REQUEST}"] = SecretStr(_request(row, key))
        found.append(Request(row.name, signed=_signed(given.certificate if given else "", key), new=new))
    return Requests(requests=tuple(found), files=written, problems=tuple(problems))


def _known_key(row: Row, existing: Bundle) -> PrivateKey | None:
    return read_key(existing[row.name].key) if row.name in existing else None


def _request(row: Row, key: PrivateKey) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject_name(row))
    for extension in extensions(row, key):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def _fits(row: Row, key: PrivateKey, pem: bytes) -> bool:
    """Tell whether a request asks for what the row wants, with this key."""
    try:
        request = x509.load_pem_x509_csr(pem)
    except ValueError:
        return False
    wanted = x509.load_pem_x509_csr(_request(row, key).encode())
    keys = request.public_key() == wanted.public_key()
    return keys and request.subject == wanted.subject and _asked(request) == _asked(wanted)


def _asked(request: x509.CertificateSigningRequest) -> frozenset[x509.GeneralName]:
    try:
        return frozenset(request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        return frozenset()


def _signed(certificate: str, key: PrivateKey) -> bool:
    found = read_certificate(certificate)
    return found is not None and same_key(found, key)
