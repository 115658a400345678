"""Certificates that have ended, or end soon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rke_py.diagnosis.model import Examined, Finding
from rke_py.pki.expiry import authority_remedy, ending
from rke_py.pki.inspect import end_of
from rke_py.pki.inventory import KEPT
from rke_py.pki.paths import FOLDER
from rke_py.plan.observed import ObservedHost

_KEY = "-key.pem"
_TIMELESS = "kube-service-account-token.pem"


def expired(examined: Examined) -> Iterable[Finding]:
    """Find certificates that are over on a host, and those of the state that end within 60 days, CAs within a year."""
    for host in examined.observed.hosts.values():
        over = [name for name in _certificates(host) if _over(examined, host, name)]
        if over:
            renewed = "rke-py cert rotate --rotate-ca" if any(map(_is_authority, over)) else "rke-py up"
            yield Finding(
                check="certificates",
                where=host.name,
                cause="certificates on this host have ended, so components refuse one another",
                evidence=tuple(f"{FOLDER}/{name}" for name in over),
                remedy=f"Check the clocks; if they are right, renew them: {renewed}",
            )
    bundle = examined.state.bundle
    for one in ending(bundle, examined.now):
        authority, gone = one.name in KEPT, one.not_after <= examined.now
        yield Finding(
            check="certificates",
            where=one.name,
            cause=f"the certificate ends on {one.not_after:%Y-%m-%d}" if one.days >= 0 else "the certificate has ended",
            evidence=(f"{one.days} days from now",),
            remedy=authority_remedy(one.name, bundle, over=gone) if authority else "rke-py up renews it in time.",
            warning=one.days >= 0,
        )


def _certificates(host: ObservedHost) -> Iterator[str]:
    for path in sorted(host.files or {}):
        name = path.removeprefix(f"{FOLDER}/")
        if "/" not in name and name.endswith(".pem") and not name.endswith(_KEY) and name != _TIMELESS:
            yield name


def _is_authority(file: str) -> bool:
    return file.removesuffix(".pem") in KEPT


def _over(examined: Examined, host: ObservedHost, name: str) -> bool:
    file = (host.files or {})[f"{FOLDER}/{name}"]
    end = end_of(file.content.decode(errors="replace"))
    return end is not None and end <= examined.now
