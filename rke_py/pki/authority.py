"""The CAs of a cluster: made once, then only read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from rke_py.errors import StateError
from rke_py.pki.inspect import read_certificate, read_certificates, same_key
from rke_py.pki.keys import PrivateKey, read_key
from rke_py.pki.model import Bundle, Credential
from rke_py.pki.sign import Signer, certificate_text

_RECOVER = (
    "A cluster's CAs and service-account key cannot be made again. Put back an older generation of the state file, "
    "or make it again from what the cluster has: rke-py state recover"
)
RENEW = "Have the CA's owner renew it and sign the others anew, then: rke-py up --custom-certs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A CA; ``key`` is None where only its certificate is known, as with a user's own CA.

    Attributes:
        anchors: Every certificate in its file, itself among them: what it signed may lead to any of them.
    """

    name: str
    certificate: x509.Certificate
    key: PrivateKey | None
    anchors: tuple[x509.Certificate, ...]

    @property
    def ends(self) -> datetime:
        """When its certificate ends; nothing it signs may live longer."""
        return self.certificate.not_valid_after_utc

    def signer(self) -> Signer:
        """Return what signs with it.

        Raises:
            StateError: When its key is not known.
        """
        if self.key is None:
            raise StateError(f"the state does not hold the key of {self.name}, so nothing can be signed with it")
        return Signer(certificate=self.certificate, key=self.key)


def read_root(name: str, existing: Bundle) -> Authority:
    """Return what a cluster cannot do without from its state: a CA, or the service-account key pair.

    Raises:
        StateError: When it is not there, cannot be read, or key and certificate do not belong together.
    """
    credential = existing.get(name)
    if credential is None:
        raise StateError(f"the state holds certificates but not {name}", hint=_RECOVER)
    certificate = signing(credential)
    if certificate is None:
        raise StateError(f"the certificate of {name} in the state cannot be read", hint=_RECOVER)
    anchors = read_certificates(credential.certificate) or (certificate,)
    return Authority(name=name, certificate=certificate, key=_key(credential, certificate), anchors=anchors)


def signing(credential: Credential) -> x509.Certificate | None:
    """Return the certificate that belongs to a credential's key: while a CA is rotated there are two beside one key.

    The first one where none does, or no key is known; None where the text cannot be read.
    """
    key = read_key(credential.key) if credential.key.get_secret_value() else None
    every = read_certificates(credential.certificate)
    fitting = (certificate for certificate in every if key is not None and same_key(certificate, key))
    return next(fitting, None) or read_certificate(credential.certificate)


def signing_certificate(credential: Credential) -> str:
    """Return the certificate that belongs to a CA's key, as PEM."""
    certificate = signing(credential)
    return certificate_text(certificate) if certificate else credential.certificate


def living(authority: Authority, now: datetime) -> Authority:
    """Return the CA.

    Raises:
        StateError: When its certificate has ended.
    """
    if authority.ends <= now:
        raise StateError(
            f"{authority.name} ended on {authority.ends:%Y-%m-%d}, so nothing it signed is valid"
            f"{'; replace it with: rke-py cert rotate --rotate-ca' if authority.key else ''}",
            hint="Check this machine's clock first." if authority.key else f"Check this machine's clock. {RENEW}",
        )
    return authority


def _key(credential: Credential, certificate: x509.Certificate) -> PrivateKey | None:
    if not credential.key.get_secret_value():
        return None
    key = read_key(credential.key)
    if key is None:
        raise StateError(f"the key of {credential.name} in the state cannot be read", hint=_RECOVER)
    if not same_key(certificate, key):
        raise StateError(f"key and certificate of {credential.name} in the state do not belong together", hint=_RECOVER)
    return key
