"""Why a certificate that exists is not the one that should be."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509

from rke_py.pki.authority import Authority
from rke_py.pki.expiry import RENEWED
from rke_py.pki.inspect import facts_of, signed_by
from rke_py.pki.inventory import Row
from rke_py.pki.sign import LEAF_LIFETIME


def difference(row: Row, certificate: x509.Certificate, authority: Authority, now: datetime) -> str:
    """Say why the certificate has to be issued anew; empty when it is right.

    Args:
        row: What it should be; its names are compared as a set.
        certificate: What it is.
        authority: The CA that should have signed it.
        now: The time.
    """
    facts, line = facts_of(certificate), row.line
    if (facts.common_name, facts.organization) != (row.common_name, line.organization):
        return "its subject differs"
    if facts.sans != row.sans:
        return _names(missing=row.sans - facts.sans, extra=facts.sans - row.sans)
    if (line.usage.serves and not facts.server) or (line.usage.calls and not facts.client):
        return "its usage differs"
    if not signed_by(certificate, authority.certificate):
        return f"it was not signed by the {line.issuer} there is now"
    return _ending(facts.not_after, authority, now)


def _names(*, missing: frozenset[str], extra: frozenset[str]) -> str:
    parts = [f"{word} {', '.join(sorted(names))}" for word, names in (("lacks", missing), ("has", extra)) if names]
    return f"it {' and '.join(parts)}"


def _ending(ends: datetime, authority: Authority, now: datetime) -> str:
    """Say that it ends soon, unless a new one would end no later because its CA does."""
    longest = min(now + LEAF_LIFETIME, authority.ends)
    return f"it ends on {ends:%Y-%m-%d}" if ends - now < RENEWED and ends < longest else ""
