from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from rke_py.pki.inventory import KEPT
from rke_py.pki.issue import issue
from rke_py.pki.keys import generate_key
from rke_py.pki.model import Bundle

from .clusters import NOW, certificate, cluster, issued

CAS = sorted(KEPT - {"kube-service-account-token"})
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return issued(cluster()).bundle


def extension(made: x509.Certificate, kind: type) -> x509.Extension:
    return made.extensions.get_extension_for_class(kind)


@pytest.mark.parametrize("name", CAS)
def test_a_ca_signs_and_lives_ten_years(name: str, bundle: Bundle) -> None:
    made = certificate(bundle, name)
    constraints, usage = extension(made, x509.BasicConstraints), extension(made, x509.KeyUsage)

    assert constraints.critical
    assert constraints.value.ca
    assert usage.critical
    assert usage.value.key_cert_sign
    assert made.not_valid_after_utc == NOW + timedelta(days=3650)


@pytest.mark.parametrize("name", CAS)
def test_a_ca_has_a_name_of_its_own(name: str, bundle: Bundle) -> None:
    other = issued(cluster()).bundle

    assert certificate(bundle, name).subject != certificate(other, name).subject
    assert certificate(bundle, name).subject.rfc4514_string().startswith(f"CN={name}-")


def test_the_service_account_keys_certificate_authenticates_nobody(bundle: Bundle) -> None:
    made = certificate(bundle, "kube-service-account-token")

    assert made.issuer == made.subject
    assert not extension(made, x509.BasicConstraints).value.ca


@pytest.mark.parametrize(
    ("name", "usages"),
    [
        ("kube-apiserver", [SERVER]),
        ("kube-admin", [CLIENT]),
        ("kube-etcd-10-0-0-1", [SERVER, CLIENT]),
    ],
)
def test_a_leaf_is_for_what_its_row_says(name: str, usages: list[x509.ObjectIdentifier], bundle: Bundle) -> None:
    made = certificate(bundle, name)
    found = extension(made, x509.ExtendedKeyUsage)

    assert list(found.value) == usages
    assert not found.critical
    assert not extension(made, x509.BasicConstraints).value.ca
    assert not extension(made, x509.KeyUsage).value.key_cert_sign


def test_a_leaf_lives_a_year_and_begins_five_minutes_ago(bundle: Bundle) -> None:
    made = certificate(bundle, "kube-apiserver")

    assert made.not_valid_before_utc == NOW - timedelta(minutes=5)
    assert made.not_valid_after_utc == NOW + timedelta(days=365)


def test_a_leaf_does_not_outlive_its_ca(bundle: Bundle) -> None:
    late = issued(cluster(), {name: bundle[name] for name in KEPT}, NOW + timedelta(days=3500)).bundle

    assert certificate(late, "kube-admin").not_valid_after_utc == NOW + timedelta(days=3650)


def test_serial_numbers_are_positive_and_differ(bundle: Bundle) -> None:
    serials = [certificate(bundle, name).serial_number for name in bundle]

    assert min(serials) > 0
    assert len(set(serials)) == len(serials)


@pytest.mark.parametrize(
    ("algorithm", "enciphers"), [pytest.param("ecdsa-p256", False), pytest.param("rsa-2048", True)]
)
def test_only_rsa_keys_encipher(algorithm: str, enciphers: bool) -> None:
    key = generate_key(algorithm)
    made = certificate(issue(cluster(), {}, now=NOW, new_key=lambda _: key).bundle, "kube-apiserver")
    assert extension(made, x509.KeyUsage).value.key_encipherment is enciphers


@pytest.mark.parametrize(
    ("name", "ca", "called"),
    [
        ("kube-apiserver", "kube-ca", x509.DNSName("kubernetes.default.svc")),
        ("kube-kubelet-10-0-0-4", "kube-ca", x509.DNSName("n4")),
        ("kube-etcd-10-0-0-3", "kube-etcd-ca", x509.DNSName("localhost")),
    ],
)
def test_a_strict_client_accepts_a_server(name: str, ca: str, called: x509.DNSName, bundle: Bundle) -> None:
    store = Store([certificate(bundle, ca)])
    verifier = PolicyBuilder().store(store).time(NOW).build_server_verifier(called)

    assert verifier.verify(certificate(bundle, name), [])[0] == certificate(bundle, name)


def test_a_strict_client_refuses_a_server_of_another_ca(bundle: Bundle) -> None:
    store = Store([certificate(bundle, "kube-etcd-ca")])
    verifier = PolicyBuilder().store(store).time(NOW).build_server_verifier(x509.DNSName("kubernetes"))

    with pytest.raises(VerificationError):
        verifier.verify(certificate(bundle, "kube-apiserver"), [])
