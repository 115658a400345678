"""From the inventory and the certificates there are to the certificates there should be.

Nothing here looks at a clock or makes randomness: the caller gives both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography import x509

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.pki.authority import Authority, living, read_root
from rke_py.pki.inspect import facts_of, read_certificate, same_key, signed_by
from rke_py.pki.inventory import PER_HOST, KubeconfigKind, Row, Usage, inventory
from rke_py.pki.keys import PrivateKey, key_text, read_key
from rke_py.pki.kubeconfig import admin_kubeconfig, node_kubeconfig
from rke_py.pki.model import Bundle, Credential
from rke_py.pki.sign import LEAF_LIFETIME, certificate_text, self_signed, signed

RENEWED = timedelta(days=30)
"""A certificate that ends sooner is issued anew."""

WARNED = timedelta(days=60)
"""A certificate that ends sooner is warned of."""


class Issued(NamedTuple):
    """A certificate that was issued, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueResult:
    """The certificates as they should be, and what was done to get there.

    Attributes:
        bundle: Every credential, in the inventory's order; private keys are not shown in any ``repr``.
        issued: What is new in it, and why.
        removed: Names of credentials of hosts that are gone.
        warnings: What ends soon.
    """

    bundle: Bundle
    issued: tuple[Issued, ...] = ()
    removed: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where new keys and serial numbers come from, and what time it is."""

    now: datetime
    key: Callable[[], PrivateKey]
    serial: Callable[[], int]


def issue(
    cluster: Cluster,
    existing: Bundle,
    *,
    now: datetime,
    new_key: Callable[[str], PrivateKey],
    new_serial: Callable[[], int] = x509.random_serial_number,
) -> IssueResult:
    """Return the certificates a cluster should have, keeping every one that is right.

    A leaf is issued when it is missing, differs from its row, is not signed by its CA, or ends within 30 days. Its key
    stays: a reader then never meets a key and a certificate that do not belong together. CAs and the service-account
    key are made only where there is no certificate at all, that is for a cluster that does not exist yet.

    Args:
        cluster: What they are for.
        existing: What the state holds; empty for a new cluster.
        now: The time, with its zone.
        new_key: Makes a key of an algorithm (``Cluster.key_algorithm``).
        new_serial: Makes a random positive serial number.

    Raises:
        StateError: When a CA or the service-account key is missing, damaged or has ended, or a CA must sign but its key
            is not known.
    """
    source = Source(now=now, key=lambda: new_key(cluster.key_algorithm), serial=new_serial)
    rows = inventory(cluster)
    roots = _roots(rows, existing, source)
    held = {row.name: read_root(row.name, roots) for row in rows if row.kept}
    authorities = {row.name: living(held[row.name], now) for row in rows if row.usage is Usage.AUTHORITY}
    bundle, issued = dict(roots), [Issued(name, "new cluster") for name in roots if not existing]
    for row in rows:
        if row.kept:
            continue
        credential, reason = _leaf(row, existing.get(row.name), authorities[row.issuer], source)
        bundle[row.name] = credential
        issued += [Issued(row.name, reason)] if reason else []
    left = {name: credential for name, credential in existing.items() if name not in bundle}
    return IssueResult(
        bundle=_with_kubeconfigs(cluster, rows, bundle) | {n: c for n, c in left.items() if not n.startswith(PER_HOST)},
        issued=tuple(issued),
        removed=tuple(name for name in left if name.startswith(PER_HOST)),
        warnings=_warnings(rows, bundle, now),
    )


def _roots(rows: tuple[Row, ...], existing: Bundle, source: Source) -> dict[str, Credential]:
    """Return the CAs and the service-account key: new ones for a new cluster, else what the state has of them."""
    if existing:
        return {row.name: existing[row.name] for row in rows if row.kept and row.name in existing}
    return {row.name: _root(row, source) for row in rows if row.kept}


def _root(row: Row, source: Source) -> Credential:
    key = source.key()
    certificate = self_signed(row, key, now=source.now, serial=source.serial())
    return Credential(name=row.name, certificate=certificate_text(certificate), key=key_text(key))


def _leaf(row: Row, have: Credential | None, authority: Authority, source: Source) -> tuple[Credential, str]:
    """Return the row's credential and why it had to be issued, an empty text when it was right."""
    certificate = read_certificate(have.certificate) if have else None
    key = read_key(have.key) if have else None
    if have is None:
        reason = "missing"
    elif certificate is None or key is None or not same_key(certificate, key):
        reason = "certificate or key cannot be read, or they do not belong together"
    else:
        reason = _difference(row, certificate, authority.certificate) or _ending(certificate, authority, source.now)
        if not reason:
            return have, ""
    key = key or source.key()
    made = signed(row, key, authority.signer(), now=source.now, serial=source.serial())
    return Credential(name=row.name, certificate=certificate_text(made), key=key_text(key)), reason


def _difference(row: Row, certificate: x509.Certificate, authority: x509.Certificate) -> str:
    """Say in what a certificate differs from its row; names are compared as sets."""
    facts = facts_of(certificate)
    if (facts.common_name, facts.organization) != (row.common_name, row.organization):
        return "subject differs"
    if facts.sans != row.sans:
        lacking, extra = sorted(row.sans - facts.sans), sorted(facts.sans - row.sans)
        parts = [f"{word} {', '.join(names)}" for word, names in (("lacks", lacking), ("no longer", extra)) if names]
        return f"names: {'; '.join(parts)}"
    if (row.usage is not Usage.CLIENT and not facts.server) or (row.usage is not Usage.SERVER and not facts.client):
        return "usage differs"
    return "" if signed_by(certificate, authority) else f"not signed by the {row.issuer} there is"


def _ending(certificate: x509.Certificate, authority: Authority, now: datetime) -> str:
    """Say that a certificate ends soon, unless a new one would end no later because its CA does."""
    ends = certificate.not_valid_after_utc
    longest = min(now + LEAF_LIFETIME, authority.ends)
    return f"ends on {ends:%Y-%m-%d}" if ends - now < RENEWED and ends < longest else ""


def _with_kubeconfigs(cluster: Cluster, rows: tuple[Row, ...], bundle: Bundle) -> dict[str, Credential]:
    texts: Mapping[KubeconfigKind, Callable[[Credential], str]] = {
        KubeconfigKind.NONE: lambda _: "",
        KubeconfigKind.NODE: lambda credential: node_kubeconfig(credential.name),
        KubeconfigKind.ADMIN: lambda credential: admin_kubeconfig(cluster, bundle["kube-ca"], credential),
    }
    return {row.name: replace(bundle[row.name], kubeconfig=texts[row.kubeconfig](bundle[row.name])) for row in rows}


def _warnings(rows: tuple[Row, ...], bundle: Bundle, now: datetime) -> tuple[Problem, ...]:
    """Warn of what ends soon: one line for each CA, one for all that they signed."""
    ends = {
        row: certificate.not_valid_after_utc
        for row in rows
        if (certificate := read_certificate(bundle[row.name].certificate))
    }
    soon = sorted((end, row.name, row.usage) for row, end in ends.items() if end - now < WARNED)
    authorities = [
        Problem(where=name, what=f"ends on {end:%Y-%m-%d}", hint="Rotate the CA before that day.", warning=True)
        for end, name, usage in soon
        if usage is Usage.AUTHORITY
    ]
    leaves = [(end, name) for end, name, usage in soon if usage not in (Usage.AUTHORITY, Usage.KEY_PAIR)]
    if not leaves:
        return tuple(authorities)
    end, name = leaves[0]
    others = f" and {len(leaves) - 1} more end soon, the first" if len(leaves) > 1 else " ends"
    what = f"{name}{others} on {end:%Y-%m-%d}"
    hint = f"`rke-py up` renews certificates in their last {RENEWED.days} days."
    return (*authorities, Problem(where="certificates", what=what, hint=hint, warning=True))
