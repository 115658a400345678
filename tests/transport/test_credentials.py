from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    SSHCertificateBuilder,
    SSHCertificateType,
)
from pydantic import SecretStr

from rke_py.cluster.model import SshAccess
from rke_py.transport.credentials import Credential, Keyring, Unusable

PASSPHRASE = SecretStr("correct horse")
KEYS = {
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "ecdsa": ec.generate_private_key(ec.SECP384R1()),
    "rsa": rsa.generate_private_key(65537, 2048),
}
PLAIN = NoEncryption()
ENCRYPTED = BestAvailableEncryption(PASSPHRASE.get_secret_value().encode())
# One round instead of OpenSSH's sixteen or more: the test is about the form.
OPENSSH_ENCRYPTED = (
    PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(1).build(PASSPHRASE.get_secret_value().encode())
)


def pem(key: ed25519.Ed25519PrivateKey, form: PrivateFormat, encryption: KeySerializationEncryption) -> str:
    return key.private_bytes(Encoding.PEM, form, encryption).decode()


def access(**given: object) -> SshAccess:
    return SshAccess(**{"address": "node-1", "port": 22, "user": "rke", **given})


def found(
    asked: list[str] | None = None, answer: SecretStr | None = None, **given: object
) -> list[Credential | Unusable]:
    def passphrase(label: str) -> SecretStr | None:
        if asked is not None:
            asked.append(label)
        return answer

    return list(Keyring(passphrase).candidates(access(**given)))


@pytest.mark.parametrize("kind", list(KEYS))
@pytest.mark.parametrize(
    ("form", "encryption"),
    [
        (PrivateFormat.OpenSSH, PLAIN),
        (PrivateFormat.OpenSSH, OPENSSH_ENCRYPTED),
        (PrivateFormat.PKCS8, PLAIN),
        (PrivateFormat.PKCS8, ENCRYPTED),
        (PrivateFormat.TraditionalOpenSSL, PLAIN),
        (PrivateFormat.TraditionalOpenSSL, ENCRYPTED),
    ],
)
def test_every_form_of_a_private_key_is_read(
    kind: str, form: PrivateFormat, encryption: KeySerializationEncryption
) -> None:
    key = KEYS[kind]
    if kind == "ed25519" and form is PrivateFormat.TraditionalOpenSSL:
        form = PrivateFormat.PKCS8  # the older form knows no such key
    (credential,) = found(key=SecretStr(pem(key, form, encryption)), answer=PASSPHRASE)
    assert isinstance(credential, Credential)
    public = key.public_key().public_bytes(Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    assert credential.key.get_base64() == public.split()[1]


def encrypted() -> SecretStr:
    key = ed25519.Ed25519PrivateKey.generate()
    return SecretStr(pem(key, PrivateFormat.PKCS8, ENCRYPTED))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "it is encrypted and there is no passphrase"),
        (SecretStr("wrong"), "the passphrase does not open it"),
    ],
)
def test_an_encrypted_key_without_its_passphrase_is_named(answer: SecretStr | None, why: str) -> None:
    (unusable,) = found(key=encrypted(), answer=answer)
    assert isinstance(unusable, Unusable)
    assert unusable.why == why
    assert "RKE_SSH_PASSPHRASE" in unusable.hint


def test_a_passphrase_is_asked_for_once_for_all_hosts(tmp_path: Path) -> None:
    (tmp_path / "id").write_text(encrypted().get_secret_value())
    asked: list[str] = []

    def passphrase(label: str) -> SecretStr:
        asked.append(label)
        return PASSPHRASE

    keyring = Keyring(passphrase)
    first = list(keyring.candidates(access(key_path=str(tmp_path / "id"))))
    second = list(keyring.candidates(access(address="node-2"), [str(tmp_path / "id")]))
    assert asked == [f"key {tmp_path / 'id'}"]
    assert first == second


def dsa_key() -> str:
    return pem(dsa.generate_private_key(1024), PrivateFormat.TraditionalOpenSSL, NoEncryption())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (lambda: "ssh-ed25519 AAAA", "it is not a private key"),
        (
            lambda: "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
            "it is not a private key",
        ),
        (dsa_key, "DSA keys are no longer accepted"),
    ],
)
def test_what_is_no_usable_key_is_named(text: Callable[[], str], why: str) -> None:
    (unusable,) = found(key=SecretStr(text()))
    assert isinstance(unusable, Unusable)
    assert unusable.why == why


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file or directory"), (b"\xff\xfe\x00", "not a private key")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, why: str) -> None:
    path = tmp_path / "id"
    if content is not None:
        path.write_bytes(content)
    (unusable,) = found(key_path=str(path))
    assert isinstance(unusable, Unusable)
    assert (unusable.label, unusable.why) == (f"key {path}", why)


def test_the_key_is_never_shown() -> None:
    key = pem(ed25519.Ed25519PrivateKey.generate(), PrivateFormat.OpenSSH, NoEncryption())
    assert key.splitlines()[1][:20] not in repr(found(key=SecretStr(key)))


def certificate(ca: ed25519.Ed25519PrivateKey, key: ed25519.Ed25519PrivateKey) -> str:
    builder = (
        SSHCertificateBuilder()
        .public_key(key.public_key())
        .type(SSHCertificateType.USER)
        .serial(1)
        .key_id(b"me")
        .valid_principals([b"rke"])
        .valid_after(0)
        .valid_before(2**63)
    )
    return builder.sign(ca).public_bytes().decode()


@pytest.mark.parametrize("place", ["inline", "path", "sibling"])
def test_a_certificate_goes_first_and_the_plain_key_after_it(tmp_path: Path, place: str) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    signed = certificate(ed25519.Ed25519PrivateKey.generate(), key)
    (tmp_path / "id").write_text(pem(key, PrivateFormat.OpenSSH, NoEncryption()))
    (tmp_path / ("id-cert.pub" if place == "sibling" else "cert")).write_text(signed)
    where = {"inline": {"cert": signed}, "path": {"cert_path": str(tmp_path / "cert")}, "sibling": {}}[place]
    certified, plain = found(key_path=str(tmp_path / "id"), **where)
    assert isinstance(certified, Credential)
    assert isinstance(plain, Credential)
    assert certified.key.public_blob.key_type == "ssh-ed25519-cert-v01@openssh.com"
    assert plain.key.public_blob is None


@pytest.mark.parametrize("cert", ["path", "other-kind"])
def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path, cert: str) -> None:
    key = pem(ec.generate_private_key(ec.SECP256R1()), PrivateFormat.OpenSSH, NoEncryption())
    if cert == "path":
        given: dict[str, object] = {"cert_path": str(tmp_path / "absent")}
    else:
        given = {"cert": certificate(*(ed25519.Ed25519PrivateKey.generate() for _ in "12"))}
    (unusable,) = found(key=SecretStr(key), **given)
    assert isinstance(unusable, Unusable)
    assert "certificate" in unusable.label
    assert "ssh_cert_path" in unusable.hint
