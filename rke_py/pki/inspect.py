"""What a certificate says, whether its key belongs to it, and whether its CA signed it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rke_py.pki.keys import PrivateKey, read_key
from rke_py.pki.model import Credential
from rke_py.pki.names import normal

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")

_REMEMBERED = 4096
"""How many answers about certificates are kept: a run asks the same of each several times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a certificate says about itself.

    Attributes:
        common_name, organization: From its subject; empty when it has none. Several organizations are joined by commas.
        issuer, issuer_name: The issuer's whole name (RFC 4514), and its common name alone.
        sans: DNS names and IP addresses, as ``names.normal`` writes them.
        server, client: What it names as its uses; one that names none (``unlimited``) may be used for anything.
    """

    common_name: str
    organization: str
    issuer: str
    issuer_name: str
    serial: int
    not_before: datetime
    not_after: datetime
    sans: frozenset[str]
    authority: bool
    server: bool
    client: bool
    unlimited: bool


@lru_cache(maxsize=_REMEMBERED)
def read_certificate(pem: str) -> x509.Certificate | None:
    """Read the first certificate of a PEM text; None when there is none.

    RKE's CAs have the serial number 0, which cryptography deprecates but still reads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            return x509.load_pem_x509_certificate(pem.encode())
        except (ValueError, UnsupportedAlgorithm):
            return None


def read_certificates(pem: str) -> tuple[x509.Certificate, ...]:
    """Read every certificate of a PEM text, in its order; none when one of them cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            return tuple(x509.load_pem_x509_certificates(pem.encode()))
        except (ValueError, UnsupportedAlgorithm):
            return ()


def certificates_in(text: str) -> frozenset[str]:
    """Return the certificates of a text as they stand there, whatever is between them; damaged ones are left out."""
    return frozenset(_CERTIFICATE.findall(text))


def fingerprints(pem: str) -> tuple[str, ...]:
    """Return the SHA-256 of every certificate of a PEM text, hexadecimal."""
    return tuple(found.fingerprint(SHA256()).hex() for found in read_certificates(pem))


def certificate_facts(pem: str) -> CertificateFacts:
    """Return what a certificate says.

    Raises:
        ValueError: When the text holds no certificate.
    """
    certificate = read_certificate(pem)
    if certificate is None:
        raise ValueError("not a certificate in PEM form")
    return facts_of(certificate)


@lru_cache(maxsize=_REMEMBERED)
def facts_of(certificate: x509.Certificate) -> CertificateFacts:
    """Return what a certificate says."""
    usages = set(_usages(certificate))
    return CertificateFacts(
        common_name=_attribute(certificate.subject, NameOID.COMMON_NAME),
        organization=_attribute(certificate.subject, NameOID.ORGANIZATION_NAME),
        issuer=certificate.issuer.rfc4514_string(),
        issuer_name=_attribute(certificate.issuer, NameOID.COMMON_NAME),
        serial=certificate.serial_number,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sans=frozenset(normal(name) for name in _names(certificate)),
        authority=_is_authority(certificate),
        server=ExtendedKeyUsageOID.SERVER_AUTH in usages,
        client=ExtendedKeyUsageOID.CLIENT_AUTH in usages,
        unlimited=not usages or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usages,
    )


def key_matches(credential: Credential) -> bool:
    """Tell whether a credential's key is the one its certificate was made for; one of two while a CA rotates."""
    key = read_key(credential.key)
    return key is not None and any(same_key(found, key) for found in read_certificates(credential.certificate))


def same_key(certificate: x509.Certificate, key: PrivateKey) -> bool:
    """Tell whether the certificate was made for the key."""
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return certificate.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)


@lru_cache(maxsize=_REMEMBERED)
def signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Tell whether the CA's name and key are those that signed the certificate."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):  # another name, another kind of key, another key
        return False
    return True


def chains_to(chain: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate]) -> bool:
    """Tell whether a certificate leads to one of the CAs, perhaps over the intermediate CAs that stand behind it.

    Args:
        chain: The certificate first, then those that came with it in any order.
        anchors: CAs that are trusted as they stand, intermediate ones too.
    """
    return any(signed_by(found, anchor) for found in chain_of(chain) for anchor in anchors)


def chain_of(certificates: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return the first certificate, and after it those among the others that signed it, one above another."""
    found, others = [*certificates[:1]], [*certificates[1:]]
    while above := next((other for other in others if _is_authority(other) and signed_by(found[-1], other)), None):
        others.remove(above)
        found.append(above)
    return tuple(found)


def end_of(pem: str) -> datetime | None:
    """Return when a certificate ends, or one of those above it in its text if that is sooner; None without one."""
    chain = chain_of(read_certificates(pem)) or tuple(filter(None, (read_certificate(pem),)))
    return min((found.not_valid_after_utc for found in chain), default=None)


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    return ",".join(str(attribute.value) for attribute in name.get_attributes_for_oid(oid))


def _names(certificate: x509.Certificate) -> Iterator[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from names.get_values_for_type(x509.DNSName)
    yield from map(str, names.get_values_for_type(x509.IPAddress))


def _usages(certificate: x509.Certificate) -> Iterator[x509.ObjectIdentifier]:
    try:
        yield from certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
