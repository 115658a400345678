"""Who trusts whom: what a TLS handshake would find out about two certificates."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from rke_py.pki.inspect import read_certificates


def refusal(trusted: bytes, shown: bytes, at: datetime | None) -> str:
    """Say why a certificate is not accepted; empty when it is.

    Args:
        trusted: The CA certificates that the other side was given.
        shown: The certificate.
        at: The other side's clock; None when it does not look at it.
    """
    certificate = _certificate(shown)
    issuers = _issuers(trusted, shown)
    if certificate is None or not issuers:
        return "x509: certificate signed by unknown authority"
    if at is not None and not (_valid(certificate, at) and any(_valid(issuer, at) for issuer in issuers)):
        return "x509: certificate has expired or is not yet valid"
    return ""


def _valid(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def ended(shown: bytes, at: datetime) -> bool:
    """Tell whether a certificate's time is over."""
    certificate = _certificate(shown)
    return certificate is not None and at > certificate.not_valid_after_utc


def outlived(trusted: bytes, shown: bytes, at: datetime) -> bool:
    """Tell whether the time of a certificate is over, or that of every CA it leads to."""
    return ended(shown, at) or all(at > issuer.not_valid_after_utc for issuer in _issuers(trusted, shown))


@lru_cache(maxsize=20_000)
def holds(trusted: bytes, shown: bytes, since: datetime) -> bool:
    """Tell whether one side takes the other's certificate; a connection outlives those it was made with."""
    return not refusal(trusted, shown, None) and not outlived(trusted, shown, since)


@lru_cache(maxsize=20_000)
def mismatch(certificate: bytes, key: bytes) -> str:
    """Say why a program cannot load a pair; empty when it can."""
    found = _certificate(certificate)
    if found is None:
        return "tls: failed to find any PEM data in certificate input"
    try:
        private = load_pem_private_key(key, password=None)
    except ValueError:
        return "tls: failed to find any PEM data in key input"
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    every = read_certificates(certificate.decode())
    keys = [one.public_key().public_bytes(*form) for one in every]
    if private.public_key().public_bytes(*form) not in keys:
        return "tls: private key does not match public key"
    return ""


@lru_cache(maxsize=20_000)
def _certificate(text: bytes) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(text)
    except ValueError:
        return None


@lru_cache(maxsize=20_000)
def _issuers(trusted: bytes, shown: bytes) -> tuple[x509.Certificate, ...]:
    certificate, found = _certificate(shown), []
    if certificate is None or not trusted.strip():
        return ()
    for authority in read_certificates(trusted.decode()):
        try:
            certificate.verify_directly_issued_by(authority)
        except (ValueError, InvalidSignature):
            continue
        found.append(authority)
    return tuple(found)
