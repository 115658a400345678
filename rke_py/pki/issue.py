"""From the inventory and the certificates there are to the certificates there should be.

Nothing here looks at a clock or makes randomness: the caller gives both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from cryptography import x509

from rke_py.cluster.model import Cluster
from rke_py.errors import ConfigError, Problem
from rke_py.pki.authority import Authority, living, read_root
from rke_py.pki.difference import difference
from rke_py.pki.expiry import expiry_warnings
from rke_py.pki.inspect import read_certificate, same_key
from rke_py.pki.inventory import KEPT, PER_HOST, Row, inventory
from rke_py.pki.judge import judge, judge_end
from rke_py.pki.keys import PrivateKey, key_text, read_key
from rke_py.pki.kubeconfig import admin_kubeconfig, kept_kubeconfig, node_kubeconfig
from rke_py.pki.line import KubeconfigKind
from rke_py.pki.model import Bundle, Credential
from rke_py.pki.rotation import Rotation
from rke_py.pki.sign import certificate_text, self_signed, signed
from rke_py.pki.supplied import Roots, Supplied, leaves, missing, roots

_LONGEST = 64
"""Characters of a common name."""


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
        removed: Names of the credentials of hosts that are gone; what the inventory does not know at all is kept.
        supplied: Names of the credentials that are the owner's own: they are judged, and never issued.
        warnings: What ends soon, and what is odd about the owner's own.
    """

    bundle: Bundle
    issued: tuple[Issued, ...] = ()
    removed: tuple[str, ...] = ()
    supplied: frozenset[str] = frozenset()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Where new keys and serial numbers come from, and what time it is."""

    now: datetime
    key: Callable[[], PrivateKey]
    serial: Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What the cluster's owner supplies.

    Attributes:
        now: The folder that is to be taken over; empty when this run takes none.
        before: Names of what was supplied before.
        exists: Whether hosts carry the cluster, so that its CA cannot simply become another.
        rotation: The one under way, which nothing in the folder may interfere with.
    """

    now: Supplied = field(default_factory=Supplied)
    before: frozenset[str] = frozenset()
    exists: bool = False
    rotation: Rotation | None = None

    def names(self, existing: Bundle) -> set[str]:
        """Return the names of what is the owner's, without the CAs, which are kept in any case.

        What the folder no longer holds is rke-py's again, so that taking a file out gives a certificate back; where the
        CA's key is not known, ``issue`` finds that nobody but the owner can make it.
        """
        if self.now.folder:
            return {name for name, given in self.now.credentials.items() if given.certificate} - KEPT
        return set(self.before & existing.keys())


_NOTHING = Own()


def issue(
    cluster: Cluster,
    existing: Bundle,
    *,
    now: datetime,
    new_key: Callable[[str], PrivateKey],
    new_serial: Callable[[], int] = x509.random_serial_number,
    own: Own = _NOTHING,
    anew: Collection[str] = (),
) -> IssueResult:
    """Return the certificates a cluster should have, keeping every one that is right.

    A leaf is issued when it is missing, differs from its row, is not signed by its CA, or ends within 30 days. Its key
    stays: a reader then never meets a key and a certificate that do not belong together. CAs and the service-account
    key are made only where there is no certificate at all, that is for a cluster that does not exist yet.

    What the cluster's owner supplied, and whatever a CA without its key has to sign, is judged instead.

    Args:
        cluster: What they are for.
        existing: What the state holds; empty for a new cluster.
        now: The time, with its zone.
        new_key: Makes a key of an algorithm (``Cluster.key_algorithm``).
        new_serial: Makes a random positive serial number.
        anew: Names of leaves that are issued with new keys, however good they are: a rotation's.
        own: What the owner supplies, now and before.

    Raises:
        ConfigError: When a node's name is too long for a certificate, or certificates have to be supplied: every fault
            of all of them.
        StateError: When a CA or the service-account key is missing, damaged or has ended.
    """
    source = _Source(now=now, key=lambda: new_key(cluster.key_algorithm), serial=new_serial)
    rows = inventory(cluster)
    _check_names(rows)
    found = _roots(rows, existing, own, source)
    bundle = found.bundle
    issued = [Issued(name, "it begins a new cluster") for name in bundle if name in found.made]
    known = {row.name: read_root(row.name, bundle) for row in rows if row.line.kept and row.name not in found.broken}
    have = {**existing, **{credential.name: credential for credential in leaves(own.now, existing)}}
    ours = own.names(existing)
    problems = [*own.now.problems, *found.problems]
    problems += map(own.now.placed, judge_end(cluster, known["kube-ca"]) if "kube-ca" in known else ())
    for row in (row for row in rows if not row.line.kept):
        authority = known.get(row.line.issuer)
        if authority is not None:
            living(authority, now)
        if row.name in ours or authority is None or authority.key is None:
            bundle[row.name], faults = _judged(row, have.get(row.name), authority, own, now)
            problems += faults
            ours.add(row.name)
        else:
            before = None if row.name in anew else have.get(row.name)
            bundle[row.name], reason = _leaf(row, before, authority, source)
            issued += [Issued(row.name, reason)] if reason else []
    _raise(problems)
    others = existing.keys() - bundle.keys()
    gone = {name for name in others if name.startswith(PER_HOST)}
    return IssueResult(
        bundle={
            **_with_kubeconfigs(cluster, rows, bundle, existing),
            **{name: existing[name] for name in sorted(others - gone)},
        },
        issued=tuple(issued),
        removed=tuple(sorted(gone)),
        supplied=frozenset(ours & bundle.keys()),
        warnings=(*problems, *expiry_warnings(bundle, now, ours)),
    )


def _roots(rows: tuple[Row, ...], existing: Bundle, own: Own, source: _Source) -> Roots:
    """Return the CAs and the service-account key: the owner's, those of the state, new ones for a new cluster."""
    kept = tuple(row for row in rows if row.line.kept)
    found = roots(
        kept,
        existing,
        own.now,
        now=source.now,
        exists=own.exists,
        rotation=own.rotation,
        serial=source.serial,
    )
    made = {row.name: _root(row, source) for row in kept if not existing and row.name not in found.bundle}
    have = {**found.bundle, **made}
    return found._replace(bundle={row.name: have[row.name] for row in kept if row.name in have}, made=frozenset(made))


def _judged(
    row: Row, have: Credential | None, authority: Authority | None, own: Own, now: datetime
) -> tuple[Credential, list[Problem]]:
    """Return the owner's credential with everything that is wrong with it; an empty one where it is missing."""
    if have is None:
        return Credential(name=row.name, certificate=""), [missing(row, own.now.folder)]
    return have, list(map(own.now.placed, judge(row, have, authority, now)))


def _raise(problems: Sequence[Problem]) -> None:
    faults = sum(not problem.warning for problem in problems)
    if faults:
        count = "one fault" if faults == 1 else f"{faults} faults"
        raise ConfigError(f"the certificates have {count}; nothing was changed", problems)


def _root(row: Row, source: _Source) -> Credential:
    key = source.key()
    certificate = self_signed(row, key, now=source.now, serial=source.serial())
    return Credential(name=row.name, certificate=certificate_text(certificate), key=key_text(key))


def _leaf(row: Row, have: Credential | None, authority: Authority, source: _Source) -> tuple[Credential, str]:
    """Return the row's credential and why it had to be issued, an empty text when it was right."""
    if have is None:
        return _signed(row, None, authority, source), "it is missing"
    certificate, key = read_certificate(have.certificate), read_key(have.key)
    if certificate is None or key is None or not same_key(certificate, key):
        return _signed(row, key, authority, source), "its certificate and key do not make a pair"
    reason = difference(row, certificate, authority, source.now)
    return (_signed(row, key, authority, source) if reason else have), reason


def _signed(row: Row, key: PrivateKey | None, authority: Authority, source: _Source) -> Credential:
    key = key or source.key()
    certificate = signed(row, key, authority.signer(), now=source.now, serial=source.serial())
    return Credential(name=row.name, certificate=certificate_text(certificate), key=key_text(key))


def _with_kubeconfigs(
    cluster: Cluster, rows: tuple[Row, ...], bundle: Bundle, existing: Bundle
) -> dict[str, Credential]:
    texts: Mapping[KubeconfigKind, Callable[[Credential], str]] = {
        KubeconfigKind.NONE: lambda credential: credential.kubeconfig,
        KubeconfigKind.NODE: lambda credential: node_kubeconfig(credential.name),
        KubeconfigKind.ADMIN: lambda credential: admin_kubeconfig(cluster, bundle["kube-ca"], credential),
    }

    def text(row: Row) -> str:
        there = existing[row.name].kubeconfig if row.name in existing else ""
        return kept_kubeconfig(there, texts[row.line.kubeconfig](bundle[row.name]))

    return {row.name: replace(bundle[row.name], kubeconfig=text(row)) for row in rows}


def _check_names(rows: tuple[Row, ...]) -> None:
    """Refuse node names that a certificate's subject has no room for (RFC 5280, appendix A.1)."""
    problems = [
        Problem(
            where=row.host,
            what=f"as a node's name it is {len(row.common_name) - _LONGEST} characters too long for its certificate",
            hint="Give the node a shorter name with hostname_override.",
        )
        for row in rows
        if len(row.common_name) > _LONGEST
    ]
    if problems:
        raise ConfigError("some nodes cannot be given a certificate", problems)
