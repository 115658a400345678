"""Private keys: making them, and their PEM text."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import SecretStr

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

ECDSA_P256 = "ecdsa-p256"
RSA_2048 = "rsa-2048"

_RSA_EXPONENT = 65537


def generate_key(algorithm: str) -> PrivateKey:
    """Make a new random key.

    Args:
        algorithm: ``Cluster.key_algorithm``: ``ecdsa-p256`` or ``rsa-2048``.

    Raises:
        ValueError: When it is neither.
    """
    match algorithm:
        case "ecdsa-p256":
            return ec.generate_private_key(ec.SECP256R1())
        case "rsa-2048":
            return rsa.generate_private_key(public_exponent=_RSA_EXPONENT, key_size=2048)
    raise ValueError(f"no key algorithm {algorithm!r}")


def key_text(key: PrivateKey) -> SecretStr:
    """Return the key as PKCS#8 PEM."""
    return SecretStr(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
    )


def read_key(text: SecretStr) -> PrivateKey | None:
    """Read a key from PEM (PKCS#8, PKCS#1 as RKE writes, or SEC 1); None when it is none, or of another kind."""
    return _read(text.get_secret_value().encode())


@lru_cache(maxsize=4096)
def _read(text: bytes) -> PrivateKey | None:
    """Read a key once: to see whether the numbers of an RSA key fit together takes longer than all else about it."""
    try:
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # not a key, one with a passphrase, an unknown curve
        return None
    return key if isinstance(key, PrivateKey) else None


def key_fault(text: SecretStr) -> str:
    """Say why ``read_key`` cannot read a key."""
    try:
        serialization.load_pem_private_key(text.get_secret_value().encode(), password=None)
    except TypeError:
        return "has a passphrase; components cannot ask for it"
    except UnsupportedAlgorithm:
        return "is a key of an unknown kind; RSA and ECDSA are taken"
    except ValueError:
        return "cannot be read as a private key in PEM form"
    return "is a key of a kind that is not taken; RSA and ECDSA are"
