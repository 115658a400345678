import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pydantic import SecretStr

from rke_py.pki.keys import generate_key, key_text, read_key


def test_the_default_algorithm_is_ecdsa() -> None:
    key = generate_key("ecdsa-p256")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == "secp256r1"


def test_rsa_is_made_on_request() -> None:
    key = generate_key("rsa-2048")
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(ValueError, match="dsa"):
        generate_key("dsa")


def test_keys_are_written_as_pkcs8() -> None:
    assert key_text(generate_key("ecdsa-p256")).get_secret_value().startswith("-----BEGIN PRIVATE KEY-----\n")


@pytest.mark.parametrize("algorithm", ["ecdsa-p256", "rsa-2048"])
@pytest.mark.parametrize("form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
def test_every_usual_form_is_read(algorithm: str, form: serialization.PrivateFormat) -> None:
    key = generate_key(algorithm)
    text = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    read = read_key(SecretStr(text))

    assert read is not None
    assert read.private_numbers() == key.private_numbers()


def test_what_is_no_key_is_told_apart() -> None:
    other = ed25519.Ed25519PrivateKey.generate()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    locked = other.private_bytes(*form, serialization.BestAvailableEncryption(b"secret")).decode()
    unknown_kind = other.private_bytes(*form, serialization.NoEncryption()).decode()

    assert [read_key(SecretStr(text)) for text in ("", "nonsense", locked, unknown_kind)] == [None] * 4
