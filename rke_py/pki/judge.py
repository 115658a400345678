"""Whether a certificate that its owner supplied will do.

It is judged by what those who meet it look at, not by how rke-py would have made it: more names, another kind of key
and an intermediate CA are fine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from rke_py.cluster.model import Cluster, Family
from rke_py.errors import Problem
from rke_py.pki.authority import Authority
from rke_py.pki.inspect import CertificateFacts, chain_of, chains_to, facts_of, read_certificates, same_key, signed_by
from rke_py.pki.inventory import Row
from rke_py.pki.keys import key_fault, read_key
from rke_py.pki.line import Usage
from rke_py.pki.model import Credential
from rke_py.pki.placement import off_controlplane

_LEAST_BITS = 2048
"""Of an RSA key: OpenSSL's security level 2, which HAProxy and Python keep, takes none shorter."""

_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
"""Those that Go's TLS knows."""

_WEAK = frozenset({"md5", "sha1"})
_ETCD_CA = "kube-etcd-ca"
"""etcd, which rke-py runs without users of its own, takes whoever this CA signed, whatever the name."""

_MASTERS = "system:masters"


def judge(row: Row, credential: Credential, authority: Authority | None, now: datetime) -> Iterator[Problem]:
    """Yield everything that is wrong with a certificate that is not a CA's; what it may do with is a warning.

    Args:
        row: What it is to be.
        credential: The certificate, with those of intermediate CAs behind it, and its key.
        authority: The CA that has to have signed it; None where that is not known, so that nobody can tell.
        now: The time.
    """
    chain = read_certificates(credential.certificate)
    key = read_key(credential.key)
    if key is None:
        yield _key_problem(credential)
    if not chain:
        yield _problem(row, "cannot be read as certificates in PEM form" if credential.certificate else "is missing")
        return
    certificate, facts = chain[0], facts_of(chain[0])
    if key is not None and not same_key(certificate, key):
        yield _problem(
            row, f"was not made for the key in {row.name}-key.pem", "Sign the request that goes with the key."
        )
    whats = (*_subject(row, facts), *_names(row, facts), *_usage(row, certificate, facts), *_strength(certificate))
    yield from (_problem(row, what) for what in whats)
    if authority is not None and not chains_to(chain, authority.anchors):
        yield _not_signed(row, facts, authority)
    yield from _dates(row, chain, now)
    yield from _groups(row, facts)


def judge_root(row: Row, credential: Credential, now: datetime) -> Iterator[Problem]:
    """Yield everything that is wrong with a CA, or with the service-account key pair; a CA's key may be missing."""
    chain = read_certificates(credential.certificate)
    key = read_key(credential.key)
    if key is None and (credential.key.get_secret_value() or row.line.usage is Usage.KEY_PAIR):
        yield _key_problem(credential)
    if not chain:
        yield _problem(row, "cannot be read as certificates in PEM form" if credential.certificate else "is missing")
        return
    certificate, facts = chain[0], facts_of(chain[0])
    if key is not None and not same_key(certificate, key):
        yield _problem(row, f"was not made for the key in {row.name}-key.pem")
    if row.line.usage is not Usage.AUTHORITY:
        return
    if not (facts.authority and _allows(certificate, "key_cert_sign")):
        yield _problem(row, "is not a CA's certificate", "It needs CA:TRUE and, if it has key usages, keyCertSign.")
    yield from (_problem(row, what) for what in _strength(certificate))
    yield from _dates(row, chain, now)


def judge_end(cluster: Cluster, authority: Authority) -> Iterator[Problem]:
    """Say where the chain of the cluster's CA ends before its root.

    HAProxy verifies API servers up to a certificate that signs itself (tried with 3.0); Go, and rke-py's own TLS, trust
    an intermediate CA as it stands.
    """
    if any(signed_by(anchor, anchor) for anchor in authority.anchors):
        return
    proxies = [host.name for host in cluster.hosts if cluster.family is Family.UPSTREAM and off_controlplane(host)]
    yield Problem(
        where=f"{authority.name}.pem",
        what="is an intermediate CA without its root",
        hint="HAProxy on hosts without control plane trusts it only with the root's certificate behind it in the file. "
        "Then the API servers trust whatever the root signed, too.",
        warning=not proxies,
    )


def _key_problem(credential: Credential) -> Problem:
    text = credential.key
    what = key_fault(text) if text.get_secret_value() else "is missing"
    return Problem(where=f"{credential.name}-key.pem", what=what)


def _problem(row: Row, what: str, hint: str = "", *, warning: bool = False) -> Problem:
    return Problem(where=f"{row.name}.pem", what=what, hint=hint, warning=warning)


def _subject(row: Row, facts: CertificateFacts) -> Iterator[str]:
    """Say whether it names who shows it; of a server's certificate only the names in the extension count."""
    if row.line.usage is not Usage.CLIENT or row.line.issuer == _ETCD_CA:
        return
    if facts.common_name != row.common_name:
        yield f"its common name is {facts.common_name!r}, not {row.common_name!r}, the user's name in Kubernetes"
    wanted = row.line.organization
    if wanted and wanted not in facts.organization.split(","):
        yield f"its organization lacks {wanted!r}, the user's group in Kubernetes"


def _names(row: Row, facts: CertificateFacts) -> Iterator[str]:
    lacking = sorted(name for name in row.needed if not _covered(name, facts.sans))
    if lacking:
        yield f"lacks the names {', '.join(lacking)}"


def _covered(name: str, sans: frozenset[str]) -> bool:
    """Tell whether a certificate holds for a name, perhaps by a wildcard for its first part."""
    return name in sans or f"*.{name.partition('.')[2]}" in sans


def _usage(row: Row, certificate: x509.Certificate, facts: CertificateFacts) -> Iterator[str]:
    if facts.authority:
        yield "is a CA's certificate"
    uses = (("serverAuth", row.line.usage.serves, facts.server), ("clientAuth", row.line.usage.calls, facts.client))
    lacking = [name for name, wanted, has in uses if wanted and not has]
    if lacking and not facts.unlimited:
        yield f"its extended key usage lacks {' and '.join(lacking)}"
    if not _allows(certificate, "digital_signature"):
        yield "its key usage lacks digitalSignature"


def _allows(certificate: x509.Certificate, usage: str) -> bool:
    """Tell whether the key may be used so; without the extension it may be used for anything."""
    try:
        usages = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return bool(getattr(usages, usage))


def _strength(certificate: x509.Certificate) -> Iterator[str]:
    public = certificate.public_key()
    if isinstance(public, rsa.RSAPublicKey) and public.key_size < _LEAST_BITS:
        yield f"its RSA key has {public.key_size} bits; OpenSSL takes none below {_LEAST_BITS}"
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name not in _CURVES:
        yield f"its key's curve {public.curve.name} is not one that Go knows: P-256, P-384, P-521"
    digest = certificate.signature_hash_algorithm
    if digest is not None and digest.name in _WEAK and not signed_by(certificate, certificate):
        yield f"is signed with {digest.name.upper()}, which is refused everywhere today"


def _not_signed(row: Row, facts: CertificateFacts, authority: Authority) -> Problem:
    wanted = authority.certificate.subject.rfc4514_string()
    if facts.issuer == wanted:
        what = f"has the name of {row.line.issuer} as its issuer, but was signed with another key"
    else:
        what = f"was not signed by {row.line.issuer} ({wanted}) but by {facts.issuer}"
    hint = "Where an intermediate CA signed it, put that CA's certificate behind it in the file."
    return _problem(row, what, hint)


def _dates(row: Row, chain: Sequence[x509.Certificate], now: datetime) -> Iterator[Problem]:
    """Say of the certificate, and of those of CAs above it in its file, that they are not valid now."""
    for number, facts in enumerate(map(facts_of, chain_of(chain))):
        of = f"the certificate of {facts.common_name!r} behind it " if number else ""
        if facts.not_before > now:
            what = f"{of}is not valid before {facts.not_before:%Y-%m-%d %H:%M} UTC"
            yield _problem(row, what, "Check this machine's clock.")
        if facts.not_after <= now:
            hint = "Check this machine's clock, or have it renewed."
            yield _problem(row, f"{of}ended on {facts.not_after:%Y-%m-%d}", hint)


def _groups(row: Row, facts: CertificateFacts) -> Iterator[Problem]:
    """Warn of what makes somebody a member of groups by accident; the administrators' is no accident but a fault."""
    if row.line.usage is not Usage.CLIENT:
        return
    others = [group for group in facts.organization.split(",") if group and group != row.line.organization]
    if _MASTERS in others:
        yield _problem(row, f"its organization {_MASTERS!r} makes whoever has it an administrator")
    elif others:
        yield _problem(row, f"its organization makes it a member of the groups {', '.join(others)}", warning=True)
