"""Making one certificate: the form every certificate of ours has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rke_py.pki.inventory import Row
from rke_py.pki.keys import PrivateKey
from rke_py.pki.line import Usage
from rke_py.pki.names import is_address

LEAF_LIFETIME = timedelta(days=365)
KEPT_LIFETIME = timedelta(days=3650)
"""Of CAs, and of the service-account key's certificate, which nobody looks at."""

_SKEW = timedelta(minutes=5)
"""A host whose clock is a little behind accepts a new certificate all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A CA that can sign: its certificate and its key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def ends(self) -> datetime:
        """When the CA's certificate ends; nothing it signs may live longer."""
        return self.certificate.not_valid_after_utc


def self_signed(row: Row, key: PrivateKey, *, now: datetime, serial: int) -> x509.Certificate:
    """Make a CA's certificate, or the one that carries the service-account key.

    A CA gets a common name of its own (the row's and eight digits of its key's digest): the CAs of two clusters, or of
    one cluster before and after a rotation, are told apart by name.
    """
    authority = row.line.usage is Usage.AUTHORITY
    name = _name(f"{row.common_name}-{_digest(key)}" if authority else row.common_name, row.line.organization)
    builder = _builder(name, name, key, now, now + KEPT_LIFETIME, serial)
    return (
        builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_key_usage(key, signs=authority), critical=True)
        .sign(key, hashes.SHA256())
    )


def signed(row: Row, key: PrivateKey, signer: Signer, *, now: datetime, serial: int) -> x509.Certificate:
    """Make a certificate as the row says, signed by its CA.

    It lives a year, but no longer than its CA.
    """
    ends = min(now + LEAF_LIFETIME, signer.ends)
    builder = (
        _builder(subject_name(row), signer.certificate.subject, key, now, ends, serial)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_authority_key_identifier(signer), critical=False)
    )
    for extension in extensions(row, key):
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.KeyUsage))
    return builder.sign(signer.key, hashes.SHA256())


def subject_name(row: Row) -> x509.Name:
    """Return whom a certificate is to name."""
    return _name(row.common_name, row.line.organization)


def extensions(
    row: Row, key: PrivateKey
) -> Iterator[x509.KeyUsage | x509.ExtendedKeyUsage | x509.SubjectAlternativeName]:
    """Yield what a leaf's certificate says of its use and its names; a signing request asks for the same."""
    yield _key_usage(key, signs=False)
    yield x509.ExtendedKeyUsage(_purposes(row.line.usage))
    if row.sans:
        yield x509.SubjectAlternativeName(_general_names(sorted(row.sans)))


def certificate_text(certificate: x509.Certificate) -> str:
    """Return the certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, now: datetime, ends: datetime, serial: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - _SKEW)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str, organization: str) -> x509.Name:
    group = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    return x509.Name([*group, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(key: PrivateKey, *, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=isinstance(key, rsa.RSAPrivateKey),  # only RSA keys can encipher (RFC 8813, section 3)
        key_cert_sign=signs,
        crl_sign=False,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_key_identifier(signer: Signer) -> x509.AuthorityKeyIdentifier:
    """Take the CA's own identifier, which need not be the digest we would compute (a CA that RKE or a user made)."""
    try:
        own = signer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _purposes(usage: Usage) -> list[x509.ObjectIdentifier]:
    server, client = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
    return [server] * usage.serves + [client] * usage.calls


def _general_names(names: Iterable[str]) -> list[x509.GeneralName]:
    return [x509.IPAddress(ip_address(name)) if is_address(name) else x509.DNSName(name) for name in names]


def _digest(key: PrivateKey) -> str:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(public).hexdigest()[:8]
