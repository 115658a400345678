"""A folder of certificates that the cluster's owner supplies, with RKE's file names.

``NAME.pem`` is a certificate, ``NAME-key.pem`` its key, ``NAME-csr.pem`` a request that somebody else signs. The folder
wins over the state: what it does not hold stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from typing import NamedTuple

from pydantic import SecretStr

from rke_py.errors import Problem
from rke_py.pki.authority import signing
from rke_py.pki.inspect import facts_of, key_matches, read_certificate
from rke_py.pki.inventory import Row
from rke_py.pki.judge import judge_root
from rke_py.pki.keys import PrivateKey, key_text, read_key
from rke_py.pki.line import Usage
from rke_py.pki.model import Bundle, Credential
from rke_py.pki.rotation import Rotation, again
from rke_py.pki.sign import certificate_text, self_signed

CERTIFICATE, KEY, REQUEST = ".pem", "-key.pem", "-csr.pem"
"""How the names of the files end."""

_CLUSTERS_CA = "kube-ca"
_STAND_IN = {
    "kube-etcd-ca": "whoever has a certificate that kube-ca signed, every kubelet too, can read and write all of etcd",
    "kube-apiserver-requestheader-ca": "a certificate that kube-ca signs for kube-apiserver-proxy-client may act as "
    "any user",
}
"""The CAs that kube-ca can stand in for, as it always did in RKE, and what that means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplied:
    """What a folder holds; a credential lacks its certificate or its key where the folder does.

    Attributes:
        folder: Its name, as problems show it; empty when there is none.
        problems: What of it cannot be used.
    """

    folder: str = ""
    credentials: Mapping[str, Credential] = field(default_factory=dict, repr=False)
    problems: tuple[Problem, ...] = ()

    def placed(self, problem: Problem) -> Problem:
        """Return a problem with the folder before the name of its file, where the folder has that certificate."""
        name = problem.where.removesuffix(CERTIFICATE).removesuffix("-key")
        return replace(problem, where=f"{self.folder}/{problem.where}") if name in self.credentials else problem


class Roots(NamedTuple):
    """CAs and service-account key, with the names of those that will not do, and of those that were made just now."""

    bundle: dict[str, Credential]
    broken: frozenset[str]
    problems: tuple[Problem, ...]
    made: frozenset[str] = frozenset()


def read_supplied(folder: str, files: Mapping[str, bytes], rows: tuple[Row, ...]) -> Supplied:
    """Return what the files of a folder are to the rows of a cluster.

    Args:
        folder: Its name, for messages.
        files: The content of each ``*.pem`` file by name; requests mean nothing here.
        rows: The cluster's inventory.
    """
    known = {row.name for row in rows}
    texts: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    for file in sorted(file for file in files if not file.endswith(REQUEST)):
        ending = KEY if file.endswith(KEY) else CERTIFICATE
        name = file.removesuffix(ending)
        try:
            text = files[file].decode()
        except UnicodeDecodeError:
            problems.append(Problem(where=f"{folder}/{file}", what="is not text in PEM form", hint=_CONVERT))
            continue
        if name in known:
            texts.setdefault(name, {})[ending] = text
        else:
            problems.append(_unused(f"{folder}/{file}", name, known))
    credentials = {
        name: Credential(name=name, certificate=found.get(CERTIFICATE, ""), key=SecretStr(found.get(KEY, "")))
        for name, found in texts.items()
    }
    return Supplied(folder=folder, credentials=credentials, problems=tuple(problems))


def leaves(supplied: Supplied, existing: Bundle) -> Iterator[Credential]:
    """Yield the supplied certificates, each with the key that the state has for it when the folder has none.

    A key whose request is not signed yet is nothing to use: the certificate that the state has goes on.
    """
    for name, credential in supplied.credentials.items():
        if not credential.certificate:
            continue
        have = existing.get(name)
        if not credential.key.get_secret_value() and have and key_matches(replace(credential, key=have.key)):
            credential = replace(credential, key=have.key)
        yield credential


def roots(
    rows: tuple[Row, ...],
    existing: Bundle,
    supplied: Supplied,
    *,
    now: datetime,
    exists: bool,
    rotation: Rotation | None,
    serial: Callable[[], int],
) -> Roots:
    """Return the CAs and the service-account key that the folder and the state have together, all judged.

    Args:
        rows: The inventory's rows of them.
        existing: What the state holds.
        supplied: What the folder holds.
        now: The time.
        exists: Whether hosts carry the cluster, so that another CA would be a rotation.
        rotation: The one under way. What it replaces is not taken over: the folder has the old one alone.
        serial: Makes a serial number, for the certificate around a service-account key.
    """
    gone = _stood_in(existing, supplied, now)
    bundle = {row.name: existing[row.name] for row in rows if row.name in existing and row.name not in gone}
    broken: set[str] = set()
    problems: list[Problem] = []
    for row in (row for row in rows if row.name in supplied.credentials):
        if rotation and row.name in rotation.new:
            problems.append(supplied.placed(_rotating(row, rotation)))
            continue
        credential = _paired(row, supplied.credentials[row.name], existing.get(row.name), now, serial)
        found = list(judge_root(row, credential, now))
        if exists and row.name in existing and not _may_follow(existing[row.name], credential, now):
            found.append(Problem(where=f"{row.name}.pem", what=_ANOTHER.format(row.name), hint=_KEEP))
        problems += map(supplied.placed, found)
        broken |= {row.name} if any(not problem.warning for problem in found) else set()
        bundle[row.name] = credential
    for name in _lacking(rows, bundle, supplied):
        bundle[name] = replace(bundle[_CLUSTERS_CA], name=name)
        broken |= {name} if _CLUSTERS_CA in broken else set()
        where, hint = f"{supplied.folder}/{name}.pem", f"Then {_STAND_IN[name]}."
        problems.append(Problem(where=where, what="is missing; kube-ca stands in for it", hint=hint, warning=True))
    return Roots(bundle=bundle, broken=frozenset(broken), problems=tuple(problems))


def _stood_in(existing: Bundle, supplied: Supplied, now: datetime) -> frozenset[str]:
    """Return the CAs for which a kube-ca stood in that has ended; the one that comes after it does so again."""
    ca = existing.get(_CLUSTERS_CA)
    if ca is None or _CLUSTERS_CA not in supplied.credentials or not _over(ca, now):
        return frozenset()
    return frozenset(name for name in _STAND_IN if name in existing and existing[name].certificate == ca.certificate)


def _lacking(rows: tuple[Row, ...], bundle: Bundle, supplied: Supplied) -> tuple[str, ...]:
    """Return the CAs that kube-ca has to stand in for."""
    names = {row.name for row in rows} - bundle.keys()
    return tuple(name for name in _STAND_IN if name in names and supplied.credentials and _CLUSTERS_CA in bundle)


def missing(row: Row, folder: str) -> Problem:
    """Return what to say of a certificate that nobody but its owner's CA can sign, and that is not there."""
    use = row.host or ", ".join(row.line.readers) or "rke-py"
    return Problem(
        where=f"{folder}/{row.name}.pem" if folder else f"{row.name}.pem",
        what=f"is missing; {use} needs it, and the key of {row.line.issuer} is not here to sign it with",
        hint=f"Make its key and request with rke-py cert generate-csr, have the request signed, and put {row.name}.pem "
        "beside them; then: rke-py up --custom-certs",
    )


def _paired(
    row: Row, given: Credential, have: Credential | None, now: datetime, serial: Callable[[], int]
) -> Credential:
    """Return the credential with what belongs to it.

    A CA whose certificate comes alone keeps the key that the state has for it: nobody could make it again. A
    service-account key that comes alone gets the certificate that nobody looks at.
    """
    if have and not given.key.get_secret_value() and key_matches(replace(given, key=have.key)):
        return replace(given, key=have.key)
    key: PrivateKey | None = read_key(given.key)
    if given.certificate or row.line.usage is not Usage.KEY_PAIR or key is None:
        return given
    certificate = self_signed(row, key, now=now, serial=serial())
    return replace(given, certificate=certificate_text(certificate), key=key_text(key))


def _may_follow(have: Credential, given: Credential, now: datetime) -> bool:
    """Tell whether one may take the other's place without a rotation; after a CA that has ended any other may."""
    return _over(have, now) or _same(have, given)


def _over(have: Credential, now: datetime) -> bool:
    """Tell whether a CA has ended; a service-account key does not, whatever the certificate around it says."""
    certificate = signing(have)
    return certificate is not None and certificate.not_valid_after_utc <= now and facts_of(certificate).authority


def _same(have: Credential, given: Credential) -> bool:
    """Tell whether two certificates were made for the same key and name, so that one can follow the other."""
    before, after = read_certificate(have.certificate), read_certificate(given.certificate)
    if before is None or after is None:
        return after is None  # what is wrong then is said of the certificate itself
    return (before.public_key(), before.subject) == (after.public_key(), after.subject)


def _rotating(row: Row, rotation: Rotation) -> Problem:
    return Problem(
        where=f"{row.name}.pem",
        what=f"cannot be taken over now, as {row.name} is being replaced: {rotation}",
        hint=f"Take the file out of the folder: it is the one that goes. To finish the rotation, {again(rotation)}",
    )


def _unused(where: str, name: str, known: set[str]) -> Problem:
    close = get_close_matches(name, known, n=1) or [other for other in sorted(known) if other.startswith(name)][:1]
    hint = f"Did you mean {close[0]}?" if close else ""
    return Problem(
        where=where, what="is not used: this cluster has no certificate of that name", hint=hint, warning=True
    )


_CONVERT = "Convert it with: openssl x509 -inform der -in FILE -out FILE"
_ANOTHER = "is another {} than the cluster's"
_KEEP = (
    "A running cluster's CA and service-account key are only changed by rotating them. Put back the file that the "
    "cluster was made with, or take it out of the folder."
)
