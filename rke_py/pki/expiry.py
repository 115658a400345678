"""When certificates end, and what to say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from rke_py.errors import Problem
from rke_py.pki.authority import RENEW
from rke_py.pki.inspect import end_of
from rke_py.pki.inventory import KEPT
from rke_py.pki.model import Bundle
from rke_py.pki.sign import LEAF_LIFETIME

RENEWED = timedelta(days=30)
"""A certificate that ends sooner is issued anew."""

WARNED = timedelta(days=60)
"""A certificate that ends sooner is warned of."""

AUTHORITY_WARNED = LEAF_LIFETIME
"""A CA that ends sooner is warned of: what it signs from now on lives no longer than it."""

_TIMELESS = frozenset({"kube-service-account-token"})
"""Its key is used without looking at the certificate around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """When a certificate of the cluster ends; ``days`` are whole ones from now, negative when it has ended."""

    name: str
    not_after: datetime
    days: int


def expiries(bundle: Bundle, now: datetime) -> tuple[Expiry, ...]:
    """Return when each certificate ends, the next one first; those that cannot be read are left out.

    One with CAs above it in its file is good for nothing from when the first of them ends.
    """
    read = {name: end_of(bundle[name].certificate) for name in bundle if name not in _TIMELESS}
    ends = sorted((end, name) for name, end in read.items() if end)
    return tuple(Expiry(name=name, not_after=end, days=(end - now).days) for end, name in ends)


def ending(bundle: Bundle, now: datetime) -> tuple[Expiry, ...]:
    """Return what ends soon: certificates within 60 days, CAs within the life of what they sign."""
    return tuple(expiry for expiry in expiries(bundle, now) if expiry.not_after - now < _warned(expiry.name))


def authority_remedy(name: str, bundle: Bundle, *, over: bool) -> str:
    """Return what to do about a CA that ends soon, or has ended."""
    if not bundle[name].key.get_secret_value():
        return RENEW
    return f"{'Replace it with' if over else 'Rotate it before that day'}: rke-py cert rotate --rotate-ca"


def expiry_warnings(bundle: Bundle, now: datetime, supplied: Set[str] = frozenset()) -> tuple[Problem, ...]:
    """Warn of what ends within 60 days, of CAs within a year.

    There is one line for each CA, one each for the owner's own and for everything else.

    Args:
        bundle: The certificates.
        now: The time.
        supplied: Names of the owner's own, which rke-py does not renew.
    """
    soon = ending(bundle, now)
    authorities = tuple(_authority(expiry, bundle, now) for expiry in soon if expiry.name in KEPT)
    leaves = [expiry for expiry in soon if expiry.name not in KEPT]
    owners = [expiry for expiry in leaves if expiry.name in supplied]
    ours = [expiry for expiry in leaves if expiry.name not in supplied]
    return (
        *authorities,
        *_together(owners, "Have it signed anew, then: rke-py up --custom-certs (rke-py cert list shows them all)."),
        *_together(ours, f"`rke-py up` renews certificates in their last {RENEWED.days} days."),
    )


def _warned(name: str) -> timedelta:
    return AUTHORITY_WARNED if name in KEPT else WARNED


def _authority(expiry: Expiry, bundle: Bundle, now: datetime) -> Problem:
    over = expiry.not_after <= now
    hint = authority_remedy(expiry.name, bundle, over=over)
    day = f"{expiry.not_after:%Y-%m-%d}"
    what = f"ended on {day}" if over else f"ends on {day}, and so does what it signs from now on"
    return Problem(where=expiry.name, what=what, hint=hint, warning=True)


def _together(soon: Sequence[Expiry], hint: str) -> Iterator[Problem]:
    if soon:
        where = soon[0].name + (f" and {len(soon) - 1} more certificates" if len(soon) > 1 else "")
        yield _warning(where, soon[0], hint)


def _warning(where: str, first: Expiry, hint: str) -> Problem:
    return Problem(where=where, what=f"ends on {first.not_after:%Y-%m-%d}", hint=hint, warning=True)
