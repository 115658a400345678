"""Rotating what a cluster cannot do without: CAs and the service-account key, in rolls that nobody notices.

In the first roll everybody trusts old and new, while the old one signs; in the second the new one signs; in the third,
which has to be asked for, the old one is dropped. Where a CA has ended nobody trusts anybody any more, and there is
nothing to keep alive: one phase takes the place of all three.

What is rolled is no more than a credential's value: its certificate text holds both certificates, and its key says
which of the two signs (``authority.signing``).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rke_py.cluster.model import Cluster
from rke_py.pki.inspect import certificates_in
from rke_py.pki.inventory import Row, inventory
from rke_py.pki.keys import PrivateKey, key_text, read_key
from rke_py.pki.line import Usage
from rke_py.pki.model import Bundle, Credential
from rke_py.pki.sign import certificate_text, self_signed


class Kind(StrEnum):
    """What is rotated."""

    LEAVES = "certificates"
    AUTHORITIES = "CA"
    SERVICE_ACCOUNT = "service-account key"


class Phase(StrEnum):
    """How far a rotation has come; the one that is under way or was last reached."""

    DELIVER = "new certificates"
    TRUST = "trust old and new"
    ISSUE = "issue from new"
    DROP = "drop old"
    REPLACE = "replace what has ended"
    ABANDON = "give up the new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """A rotation under way.

    Attributes:
        services: The services whose certificates are rotated; empty for all of them.
        began: When it began, RFC 3339.
        since: From when on pods are new enough, by the API server's clock; empty while that is not known.
        reached: True once every host is where ``phase`` wants it.
        new: The new CAs or the new key, by name, with their private keys.
        old: The certificate of the cluster's CA that ended; hosts that have it yet are this cluster's.
        answered: An API server served since CAs that ended were replaced; what is down later is down for another
            reason.
    """

    kind: Kind
    phase: Phase
    services: tuple[str, ...] = ()
    began: str = ""
    since: str = ""
    reached: bool = False
    new: Bundle = field(default_factory=dict, repr=False)
    old: str = field(default="", repr=False)
    answered: bool = False

    def __str__(self) -> str:
        number = {Phase.TRUST: "roll 1 of 3: ", Phase.ISSUE: "roll 2 of 3: ", Phase.DROP: "roll 3 of 3: "}
        done = "done" if self.reached else "under way"
        return f"rotation of the {self.kind}, {number.get(self.phase, '')}{self.phase} ({done}, begun {self.began})"


def again(rotation: Rotation) -> str:
    """Return the command that goes on with a rotation."""
    flags = {Kind.AUTHORITIES: " --rotate-ca", Kind.SERVICE_ACCOUNT: " --service-account-key"}
    own = flags.get(rotation.kind, "".join(f" --service {name}" for name in rotation.services))
    finish = rotation.phase is Phase.DROP or (rotation.phase is Phase.ISSUE and rotation.reached)
    flag = " --abandon" if rotation.phase is Phase.ABANDON else " --finish" if finish else own
    return f"go on with: rke-py cert rotate{flag}"


def authorities(bundle: Bundle, rotation: Rotation | None) -> frozenset[str]:
    """Return the certificates by which a host of a cluster is known: of its CA, while it rotates and after it ended."""
    ours = bundle.get("kube-ca")
    given_up = certificates_in(rotation.old) if rotation else frozenset[str]()
    return certificates_in(ours.certificate) | given_up if ours else frozenset()


def leaf_names(cluster: Cluster, services: Collection[str], supplied: Collection[str]) -> frozenset[str]:
    """Return the certificates that a rotation issues anew: those of some services, or all; never the owner's own."""
    rows = (row for row in inventory(cluster) if not row.line.kept and row.name not in supplied)
    return frozenset(row.name for row in rows if not services or row.line.service in services)


def root_names(cluster: Cluster, kind: Kind) -> tuple[str, ...]:
    """Return what a rotation replaces, by their names."""
    return tuple(row.name for row in _roots(cluster, kind))


def signed_by_any(cluster: Cluster, authorities: Collection[str]) -> frozenset[str]:
    """Return the certificates that some CAs sign."""
    return frozenset(row.name for row in inventory(cluster) if not row.line.kept and row.line.issuer in authorities)


def new_roots(
    cluster: Cluster,
    kind: Kind,
    *,
    now: datetime,
    key: Callable[[], PrivateKey],
    serial: Callable[[], int],
    only: Collection[str] = (),
) -> Bundle:
    """Make the CAs, or the service-account key, that take the place of those there are, or of some of them."""
    rows = (row for row in _roots(cluster, kind) if not only or row.name in only)
    return {row.name: _root(row, key(), now, serial()) for row in rows}


def next_phase(
    rotation: Rotation | None, kind: Kind, *, finish: bool = False, abandon: bool = False, ended: bool = False
) -> Phase | None:
    """Return what a run of ``cert rotate`` does next; None when it did what it can.

    Args:
        rotation: The one that is under way.
        kind: What is to be rotated.
        finish: Whether what is old is to be dropped.
        abandon: Whether what is new is to be given up instead.
        ended: Whether a CA has ended that signs yet.
    """
    if ended and kind is Kind.AUTHORITIES and not finish:
        return Phase.REPLACE
    if abandon:
        return None if rotation is None else Phase.ABANDON
    if rotation is None:
        return None if finish else Phase.DELIVER if kind is Kind.LEAVES else Phase.TRUST
    if not rotation.reached:
        return rotation.phase
    if rotation.phase is Phase.TRUST:
        return Phase.ISSUE
    return Phase.DROP if finish else None


def trusting_both(bundle: Bundle, new: Bundle) -> Bundle:
    """Return the bundle with the new certificates beside the old ones, whose keys go on signing."""
    return {**bundle, **{name: _with(bundle[name], found) for name, found in new.items()}}


def without_new(bundle: Bundle, new: Bundle) -> Bundle:
    """Return the bundle as it was before the new certificates came beside the old ones; nothing rests on them yet."""
    return {**bundle, **{name: _without(bundle[name], found) for name, found in new.items()}}


def issuing_new(bundle: Bundle, new: Bundle) -> Bundle:
    """Return the bundle with the new keys, both certificates beside them."""
    return {**bundle, **{name: replace(bundle[name], key=found.key) for name, found in new.items()}}


def without_old(bundle: Bundle, new: Bundle) -> Bundle:
    """Return the bundle with the new ones alone."""
    return {**bundle, **new}


def key_id(credential: Credential) -> str:
    """Return what a token says of the key that signed it (``kid``), as Kubernetes makes it of the public key."""
    key = read_key(credential.key)
    if key is None:
        return ""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return urlsafe_b64encode(sha256(public).digest()).decode().rstrip("=")


def _with(old: Credential, new: Credential) -> Credential:
    return replace(old, certificate=f"{old.certificate.rstrip()}\n{new.certificate}")


def _without(both: Credential, new: Credential) -> Credential:
    return replace(both, certificate=both.certificate.removesuffix(new.certificate))


def _roots(cluster: Cluster, kind: Kind) -> Iterator[Row]:
    usage = Usage.AUTHORITY if kind is Kind.AUTHORITIES else Usage.KEY_PAIR
    return (row for row in inventory(cluster) if row.line.usage is usage)


def _root(row: Row, key: PrivateKey, now: datetime, serial: int) -> Credential:
    certificate: x509.Certificate = self_signed(row, key, now=now, serial=serial)
    return Credential(name=row.name, certificate=certificate_text(certificate), key=key_text(key))
