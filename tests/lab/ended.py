"""Certificates that have ended."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from rke_py.pki.inspect import read_certificate


def ended_certificate() -> str:
    """Return the text of a certificate that was valid in 2020."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ended")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    return _signed(builder.serial_number(x509.random_serial_number()), key)


def made_to_end(certificate: str, key: str) -> str:
    """Return the text of the same certificate, signed with its authority's key, but one that ended in 2021."""
    found, signer = read_certificate(certificate), load_pem_private_key(key.encode(), None)
    assert found is not None
    assert isinstance(signer, rsa.RSAPrivateKey)
    builder = x509.CertificateBuilder().subject_name(found.subject).issuer_name(found.issuer)
    builder = builder.public_key(found.public_key())
    for extension in found.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    # another number: RKE's authorities have 0, which cryptography gives nobody any more
    return _signed(builder.serial_number(x509.random_serial_number()), signer)


def _signed(builder: x509.CertificateBuilder, key: CertificateIssuerPrivateKeyTypes) -> str:
    dated = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2021, 1, 1, tzinfo=UTC))
    return dated.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
