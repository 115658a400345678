"""What is said of certificates that the owner supplied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from rke_py.cluster.model import Family
from rke_py.errors import ConfigError
from rke_py.pki.inventory import inventory
from rke_py.pki.issue import IssueResult, Own, issue
from rke_py.pki.judge import judge
from rke_py.pki.keys import generate_key

from .clusters import N1, N4, NOW, cluster
from .owner import YEAR, OwnersCa, key_pem, name, requested, supplied

Files = dict[str, bytes]
WANTED = cluster(N1)
CA = OwnersCa.root()
REQUESTS = requested(WANTED)
GOOD = CA.folder(WANTED)


def judged(files: Files) -> IssueResult:
    return issue(WANTED, {}, now=NOW, new_key=generate_key, own=Own(now=supplied(WANTED, files)))


def faults(files: Files) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        judged(files)
    return [(problem.where, problem.what) for problem in caught.value.problems if not problem.warning]


def with_certificate(of: str, **changes: object) -> Files:
    """Return a good folder in which one certificate was signed otherwise."""
    text = CA.sign(REQUESTS[f"{of}-csr.pem"], **changes)  # type: ignore[arg-type]
    return {**GOOD, f"{of}.pem": text.encode(), f"{of}-key.pem": REQUESTS[f"{of}-key.pem"]}


def with_key(of: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Files:
    """Return a good folder in which one certificate was made for another kind of key."""
    subject = x509.load_pem_x509_csr(REQUESTS[f"{of}-csr.pem"]).subject
    asked = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    text = CA.sign(asked.public_bytes(Encoding.PEM))
    return {**GOOD, f"{of}.pem": text.encode(), f"{of}-key.pem": key_pem(key)}


def _locked() -> bytes:
    key = generate_key("ecdsa-p256")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


def _edwards() -> bytes:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


EKU = x509.ExtendedKeyUsage
SERVER = EKU([ExtendedKeyUsageOID.SERVER_AUTH])
SIGNS_ONLY = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=True,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
CA_TRUE = x509.BasicConstraints(ca=True, path_length=None)
SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)
BITCOIN = ec.generate_private_key(ec.SECP256K1())
SIGNED_WITH_SHA1 = b"""\
-----BEGIN CERTIFICATE-----
MIIBGTCBwAIBBTAJBgcqhkjOPQQBMBcxFTATBgNVBAMMDEV4YW1wbGUgUm9vdDAe
Fw0yNjExMjUyMzU0MTlaFw0zNjEwMDMyMzU0MTlaMBwxGjAYBgNVBAMMEXN5c3Rl
bTprdWJlLXByb3h5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEDNwvcoOEVB9M
ZERUq6DMPpZ5Y4xhooa06wcRM5FYPsiQtfKaavtWI1gYVbHX5hob0PnpkFh3vRvN
2rVPPcsWazAJBgcqhkjOPQQBA0kAMEYCIQDeq3bSt7yEhadN+zsde1x5+15+GkmL
vfQOpLSTAiT72gIhAIkrbTfVZNvQR3oPMFfZq+LcnxdpJOBWyYWKxCYM0aaY
-----END CERTIFICATE-----
"""
"""Made with openssl x509 -req -sha1: no library signs like that any more."""


def test_what_was_signed_as_asked_for_is_taken() -> None:
    result = judged(GOOD)
    assert result.supplied == {file.removesuffix(".pem") for file in GOOD if "-key" not in file} - {"kube-ca"}
    assert [issued.name for issued in result.issued] == ["kube-service-account-token"]
    assert result.bundle["kube-ca"].key.get_secret_value() == ""


@pytest.mark.parametrize(
    ("files", "file", "what"),
    [
        pytest.param(
            lambda: with_certificate("kube-admin", subject=name("admin", "system:masters")),
            "kube-admin.pem",
            "its common name is 'admin', not 'kube-admin', the user's name in Kubernetes",
            id="another user",
        ),
        pytest.param(
            lambda: with_certificate("kube-admin", subject=name("kube-admin", "Example Inc")),
            "kube-admin.pem",
            "its organization lacks 'system:masters', the user's group in Kubernetes",
            id="another group",
        ),
        pytest.param(
            lambda: with_certificate("kube-proxy", subject=name("system:kube-proxy", "system:masters")),
            "kube-proxy.pem",
            "its organization 'system:masters' makes whoever has it an administrator",
            id="an administrator by accident",
        ),
        pytest.param(
            lambda: with_certificate("kube-kubelet-10-0-0-1", without=[x509.SubjectAlternativeName]),
            "kube-kubelet-10-0-0-1.pem",
            "lacks the names 10.0.0.1, 192.0.2.1, n1",
            id="names",
        ),
        pytest.param(
            lambda: with_certificate("kube-etcd-10-0-0-1", without=[EKU], more=[SERVER]),
            "kube-etcd-10-0-0-1.pem",
            "its extended key usage lacks clientAuth",
            id="extended key usage",
        ),
        pytest.param(
            lambda: with_certificate("kube-proxy", without=[x509.KeyUsage], more=[SIGNS_ONLY]),
            "kube-proxy.pem",
            "its key usage lacks digitalSignature",
            id="key usage",
        ),
        pytest.param(
            lambda: with_certificate("kube-proxy", more=[CA_TRUE]),
            "kube-proxy.pem",
            "is a CA's certificate",
            id="a CA",
        ),
        pytest.param(
            lambda: with_certificate("kube-proxy", lifetime=timedelta(minutes=-1)),
            "kube-proxy.pem",
            "ended on 2026-11-21",
            id="ended",
        ),
        pytest.param(
            lambda: with_certificate("kube-proxy", now=NOW + timedelta(days=2)),
            "kube-proxy.pem",
            "is not valid before 2026-11-23 11:00 UTC",
            id="not yet",
        ),
        pytest.param(
            lambda: with_key("kube-proxy", SHORT),
            "kube-proxy.pem",
            "its RSA key has 1024 bits; OpenSSL takes none below 2048",
            id="a short key",
        ),
        pytest.param(
            lambda: with_key("kube-proxy", BITCOIN),
            "kube-proxy.pem",
            "its key's curve secp256k1 is not one that Go knows: P-256, P-384, P-521",
            id="an odd curve",
        ),
        pytest.param(
            lambda: {**GOOD, "kube-proxy.pem": SIGNED_WITH_SHA1},
            "kube-proxy.pem",
            "is signed with SHA1, which is refused everywhere today",
            id="a weak signature",
        ),
        pytest.param(
            lambda: {**GOOD, "kube-proxy.pem": OwnersCa.root("Other").sign(REQUESTS["kube-proxy-csr.pem"]).encode()},
            "kube-proxy.pem",
            "was not signed by kube-ca (CN=Example Root) but by CN=Other",
            id="another CA",
        ),
        pytest.param(
            lambda: {**GOOD, "kube-proxy.pem": OwnersCa.root().sign(REQUESTS["kube-proxy-csr.pem"]).encode()},
            "kube-proxy.pem",
            "has the name of kube-ca as its issuer, but was signed with another key",
            id="another key of the CA",
        ),
        pytest.param(
            lambda: {**GOOD, "kube-proxy-key.pem": key_pem(generate_key("rsa-2048"))},
            "kube-proxy.pem",
            "was not made for the key in kube-proxy-key.pem",
            id="another key",
        ),
        pytest.param(
            lambda: {**GOOD, "kube-proxy-key.pem": _locked()},
            "kube-proxy-key.pem",
            "has a passphrase; components cannot ask for it",
            id="a key with a passphrase",
        ),
        pytest.param(
            lambda: {**GOOD, "kube-proxy-key.pem": _edwards()},
            "kube-proxy-key.pem",
            "is a key of a kind that is not taken; RSA and ECDSA are",
            id="a key of another kind",
        ),
        pytest.param(
            lambda: {**GOOD, "kube-proxy-key.pem": b"nonsense"},
            "kube-proxy-key.pem",
            "cannot be read as a private key in PEM form",
            id="no key",
        ),
        pytest.param(
            lambda: {file: text for file, text in GOOD.items() if file != "kube-proxy-key.pem"},
            "kube-proxy-key.pem",
            "is missing",
            id="a missing key",
        ),
        pytest.param(
            lambda: {file: text for file, text in GOOD.items() if file != "kube-proxy.pem"},
            "kube-proxy.pem",
            "is missing; kube-proxy needs it, and the key of kube-ca is not here to sign it with",
            id="a missing certificate",
        ),
        pytest.param(
            lambda: {**GOOD, "kube-proxy.pem": b"nonsense"},
            "kube-proxy.pem",
            "cannot be read as certificates in PEM form",
            id="no certificate",
        ),
        pytest.param(
            lambda: {**GOOD, "kube-ca.pem": GOOD["kube-proxy.pem"]},
            "kube-ca.pem",
            "is not a CA's certificate",
            id="no CA",
        ),
        pytest.param(
            lambda: {
                **{file: text for file, text in GOOD.items() if file != "kube-ca.pem"},
                "kube-ca-key.pem": key_pem(generate_key("ecdsa-p256")),
            },
            "kube-ca.pem",
            "is missing",
            id="a CA's key without its certificate",
        ),
        pytest.param(
            lambda: {**GOOD, "kube-ca-key.pem": key_pem(generate_key("ecdsa-p256"))},
            "kube-ca.pem",
            "was not made for the key in kube-ca-key.pem",
            id="another CA's key",
        ),
        pytest.param(
            lambda: {**GOOD, "kube-service-account-token.pem": GOOD["kube-proxy.pem"]},
            "kube-service-account-token-key.pem",
            "is missing",
            id="a service-account certificate without its key",
        ),
    ],
)
def test_a_fault_is_named_with_its_file(files: Callable[[], Files], file: str, what: str) -> None:
    assert (f"cluster_certs/{file}", what) in faults(files())


def test_all_faults_come_at_once() -> None:
    files = {
        **GOOD,
        "kube-proxy-key.pem": b"nonsense",
        "kube-node-10-0-0-1.pem": b"nonsense",
        "kube-admin.pem": CA.sign(REQUESTS["kube-admin-csr.pem"], lifetime=timedelta(minutes=-1)).encode(),
    }
    assert [where for where, _ in faults(files)] == [
        "cluster_certs/kube-proxy-key.pem",
        "cluster_certs/kube-node-10-0-0-1.pem",
        "cluster_certs/kube-admin.pem",
        "cluster_certs/kube-admin.pem",
    ]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            lambda: with_certificate("kube-proxy", without=[EKU, x509.KeyUsage]), id="no usage means any usage"
        ),
        pytest.param(
            lambda: with_certificate(
                "kube-proxy", without=[EKU], more=[EKU([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])]
            ),
            id="any usage",
        ),
        pytest.param(
            lambda: with_certificate("kube-apiserver", subject=name("api.example.com", "Example Inc")),
            id="a server may be called anything",
        ),
        pytest.param(lambda: CA.folder(WANTED, algorithm="rsa-2048"), id="RSA"),
        pytest.param(
            lambda: {**GOOD, "kube-ca.pem": GOOD["kube-ca.pem"] + OwnersCa.root("Next").text.encode()}, id="two CAs"
        ),
    ],
)
def test_what_is_merely_other_than_ours_is_taken(files: Callable[[], Files]) -> None:
    assert judged(files()).supplied


def test_a_wildcard_holds_for_a_host() -> None:
    wanted = cluster(N1, api_sans=("api.example.com",))
    asked = requested(wanted)
    names = x509.load_pem_x509_csr(asked["kube-apiserver-csr.pem"]).extensions
    given = names.get_extension_for_class(x509.SubjectAlternativeName).value
    kept = [entry for entry in given if entry.value != "api.example.com"]
    wild = x509.SubjectAlternativeName([*kept, x509.DNSName("*.example.com")])
    text = CA.sign(asked["kube-apiserver-csr.pem"], without=[x509.SubjectAlternativeName], more=[wild])
    files = {**CA.folder(wanted), "kube-apiserver.pem": text.encode()}
    files["kube-apiserver-key.pem"] = asked["kube-apiserver-key.pem"]
    assert issue(wanted, {}, now=NOW, new_key=generate_key, own=Own(now=supplied(wanted, files))).supplied


class TestIntermediate:
    ISSUING = CA.below()

    def test_it_may_stand_behind_the_certificate(self) -> None:
        text = self.ISSUING.sign(REQUESTS["kube-proxy-csr.pem"]) + self.ISSUING.text
        files = {**GOOD, "kube-proxy.pem": text.encode(), "kube-proxy-key.pem": REQUESTS["kube-proxy-key.pem"]}
        assert judged(files).bundle["kube-proxy"].certificate == text

    def test_without_it_the_chain_is_broken(self) -> None:
        text = self.ISSUING.sign(REQUESTS["kube-proxy-csr.pem"])
        files = {**GOOD, "kube-proxy.pem": text.encode(), "kube-proxy-key.pem": REQUESTS["kube-proxy-key.pem"]}
        what = "was not signed by kube-ca (CN=Example Root) but by CN=Example Issuing"
        assert faults(files) == [("cluster_certs/kube-proxy.pem", what)]

    @pytest.mark.parametrize(
        ("made", "what"),
        [
            (-11 * YEAR, "ended on 2025-11-21"),
            (timedelta(days=2), "is not valid before 2026-11-23 11:00 UTC"),
        ],
    )
    def test_it_has_to_be_valid_where_it_stands_behind(self, made: timedelta, what: str) -> None:
        issuing = CA.below(now=NOW + made)
        text = issuing.sign(REQUESTS["kube-proxy-csr.pem"]) + issuing.text
        files = {**GOOD, "kube-proxy.pem": text.encode(), "kube-proxy-key.pem": REQUESTS["kube-proxy-key.pem"]}
        whole = f"the certificate of 'Example Issuing' behind it {what}"
        assert faults(files) == [("cluster_certs/kube-proxy.pem", whole)]

    def test_so_has_the_root_of_the_clusters_ca(self) -> None:
        root = OwnersCa.root(now=NOW - 11 * YEAR)
        issuing = root.below()
        files = {**issuing.folder(WANTED), "kube-ca.pem": f"{issuing.text}{root.text}".encode()}
        whole = "the certificate of 'Example Root' behind it ended on 2025-11-21"
        assert faults(files) == [("cluster_certs/kube-ca.pem", whole)]

    def test_a_certificate_that_nothing_leads_to_may_have_ended(self) -> None:
        stray = OwnersCa.root("Stray", now=NOW - 11 * YEAR)
        text = self.ISSUING.sign(REQUESTS["kube-proxy-csr.pem"]) + self.ISSUING.text + stray.text
        files = {**GOOD, "kube-proxy.pem": text.encode(), "kube-proxy-key.pem": REQUESTS["kube-proxy-key.pem"]}
        assert judged(files).supplied

    def test_it_may_be_the_clusters_ca_itself_where_no_haproxy_has_to_verify(self) -> None:
        warnings = {problem.where: problem.what for problem in judged(self.ISSUING.folder(WANTED)).warnings}
        assert warnings["cluster_certs/kube-ca.pem"] == "is an intermediate CA without its root"

    def test_with_a_worker_its_root_is_needed(self) -> None:
        before = judged(self.ISSUING.folder(WANTED))
        wanted = cluster(N1, N4)
        with pytest.raises(ConfigError) as caught:
            issue(wanted, before.bundle, now=NOW, new_key=generate_key, own=Own(before=before.supplied, exists=True))
        whats = {problem.where: problem.what for problem in caught.value.problems if not problem.warning}
        assert whats["kube-ca.pem"] == "is an intermediate CA without its root"

    def test_with_its_root_there_is_nothing_to_say(self) -> None:
        files = self.ISSUING.folder(WANTED)
        files["kube-ca.pem"] += CA.text.encode()
        assert "cluster_certs/kube-ca.pem" not in {problem.where for problem in judged(files).warnings}


def test_other_groups_are_worth_a_word() -> None:
    files = with_certificate("kube-proxy", subject=name("system:kube-proxy", "Example Inc"))
    warnings = {problem.where: problem.what for problem in judged(files).warnings}
    assert warnings["cluster_certs/kube-proxy.pem"] == "its organization makes it a member of the groups Example Inc"


@pytest.mark.parametrize(
    ("left_out", "whats"),
    [
        (
            (
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                "kubernetes.default.svc.cluster.local",
                "10.43.0.1",
            ),
            [],
        ),
        (("10.0.0.1",), ["lacks the names 10.0.0.1"]),
    ],
)
def test_of_rkes_names_for_etcd_only_those_are_needed_that_somebody_calls_it_by(
    left_out: tuple[str, ...], whats: list[str]
) -> None:
    wanted = cluster(N1, family=Family.RKE, version="v1.32.2-rancher1-1")
    requests, files = requested(wanted), CA.folder(wanted)
    of = "kube-etcd-10-0-0-1"
    asked = x509.load_pem_x509_csr(requests[f"{of}-csr.pem"])
    names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    kept = x509.SubjectAlternativeName([one for one in names if str(one.value) not in left_out])
    text = CA.sign(requests[f"{of}-csr.pem"], without=[x509.SubjectAlternativeName], more=[kept])
    files |= {f"{of}.pem": text.encode(), f"{of}-key.pem": requests[f"{of}-key.pem"]}
    row = next(row for row in inventory(wanted) if row.name == of)
    credential = supplied(wanted, files).credentials[of]
    assert [problem.what for problem in judge(row, credential, None, NOW)] == whats
