"""A CA outside of rke-py, as an owner of a cluster has one: signs requests, well or badly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from rke_py.cluster.model import Cluster
from rke_py.pki.inventory import inventory
from rke_py.pki.keys import PrivateKey, generate_key, key_text
from rke_py.pki.model import Bundle
from rke_py.pki.request import make_requests
from rke_py.pki.supplied import Supplied, read_supplied

from .clusters import NOW

FOLDER = "cluster_certs"
YEAR = timedelta(days=365)


def name(common_name: str, *groups: str) -> x509.Name:
    """Make a subject."""
    organizations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersCa:
    """A CA with a key that rke-py never sees."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def root(cls, common_name: str = "Example Root", *, now: datetime = NOW) -> OwnersCa:
        """Make a CA that signs itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = name(common_name)
        return cls(certificate=_built(subject, subject, key, key, _authority(), now=now), key=key)

    def below(self, common_name: str = "Example Issuing", *, now: datetime = NOW) -> OwnersCa:
        """Make an intermediate CA."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _built(name(common_name), self.certificate.subject, key, self.key, _authority(), now=now)
        return OwnersCa(certificate=made, key=key)

    def renewed(self, *, now: datetime) -> OwnersCa:
        """Make the same CA's next certificate, with its key and name."""
        subject = self.certificate.subject
        made = _built(subject, subject, self.key, self.key, _authority(), now=now)
        return OwnersCa(certificate=made, key=self.key)

    @property
    def text(self) -> str:
        """Its certificate as PEM."""
        return pem(self.certificate)

    def sign(
        self,
        request: bytes,
        *,
        without: Iterable[type[x509.ExtensionType]] = (),
        more: Iterable[x509.ExtensionType] = (),
        subject: x509.Name | None = None,
        now: datetime = NOW,
        lifetime: timedelta = YEAR,
    ) -> str:
        """Sign a request as it is, or with something changed."""
        asked = x509.load_pem_x509_csr(request)
        kept = [extension.value for extension in asked.extensions if type(extension.value) not in (*without,)]
        made = _built(
            subject or asked.subject,
            self.certificate.subject,
            asked.public_key(),
            self.key,
            (*kept, *more),
            now=now,
            lifetime=lifetime,
        )
        return pem(made)

    def folder(
        self, wanted: Cluster, existing: Bundle | None = None, algorithm: str = "ecdsa-p256"
    ) -> dict[str, bytes]:
        """Return a folder with everything a cluster needs, signed as it was asked for."""
        made = requested(wanted, existing=existing, algorithm=algorithm)
        files = {file: text for file, text in made.items() if file.endswith("-key.pem")}
        for file, text in made.items():
            if file.endswith("-csr.pem"):
                files[file.replace("-csr.pem", ".pem")] = self.sign(text).encode()
        return {**files, "kube-ca.pem": self.text.encode()}


def requested(
    wanted: Cluster,
    files: Mapping[str, bytes] | None = None,
    existing: Bundle | None = None,
    algorithm: str = "ecdsa-p256",
) -> dict[str, bytes]:
    """Return the keys and requests that rke-py makes for a cluster."""
    made = make_requests(
        inventory(wanted),
        supplied(wanted, files or {}),
        files or {},
        existing or {},
        new_key=lambda: generate_key(algorithm),
    )
    return {file: text.get_secret_value().encode() for file, text in made.files.items()}


def supplied(wanted: Cluster, files: Mapping[str, bytes]) -> Supplied:
    """Read a folder."""
    return read_supplied(FOLDER, files, inventory(wanted))


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()


def key_pem(key: PrivateKey) -> bytes:
    """Return a key as PEM."""
    return key_text(key).get_secret_value().encode()


def _authority() -> tuple[x509.ExtensionType, ...]:
    return (x509.BasicConstraints(ca=True, path_length=None),)


def _built(
    subject: x509.Name,
    issuer: x509.Name,
    key: object,
    signer: ec.EllipticCurvePrivateKey,
    extensions: Iterable[x509.ExtensionType],
    *,
    now: datetime,
    lifetime: timedelta = 10 * YEAR,
) -> x509.Certificate:
    public = key.public_key() if hasattr(key, "public_key") else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)  # type: ignore[arg-type]
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lifetime)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signer, hashes.SHA256())
