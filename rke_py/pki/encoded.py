"""PEM as RKE writes it: read, and written anew, so that what the owner wrote comes out otherwise."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from rke_py.pki.inspect import read_certificate
from rke_py.pki.keys import read_key


def encoded_by_rke(pem: bytes) -> frozenset[bytes]:
    """Return what RKE makes of a text with a certificate or a key: its first certificate, its key in PKCS #1.

    With and without a line end, as its tools wrote texts at different times. Nothing where the text holds neither.
    """
    text = pem.decode()
    key, certificate = read_key(SecretStr(text)), read_certificate(text)
    if key is not None:
        made = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    elif certificate is not None:
        made = certificate.public_bytes(Encoding.PEM)
    else:
        return frozenset()
    return frozenset({made.rstrip(), made, made + b"\n"})
