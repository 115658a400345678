"""A bundle as RKE writes it: twelve fields a certificate, four of which hold anything of their own."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from rke_py.errors import StateError
from rke_py.pki.model import Bundle, Credential
from rke_py.pki.paths import certificate_path, key_path, kubeconfig_path
from rke_py.pki.upstream_table import UPSTREAM_TABLE
from rke_py.state.documents import CertificateDocument

_SUBJECTS = {line.name: (line.common_name, line.organization) for line in UPSTREAM_TABLE if line.each is None}

REMARKS = frozenset({"commonName", "ouName", "envName", "path", "keyEnvName", "keyPath", "configEnvName", "configPath"})
"""The fields that follow from the name; where RKE wrote something else, that is kept."""


def bundle_document(bundle: Bundle) -> dict[str, object]:
    """Return the bundle's JSON form, sorted by name as Go sorts maps."""
    return {name: _certificate(bundle[name]) for name in sorted(bundle)}


def read_bundle(documents: Mapping[str, CertificateDocument]) -> Bundle:
    """Return the credentials of a bundle's JSON form.

    Raises:
        StateError: When one stands under another name than its own.
    """
    for name, document in documents.items():
        if name != document.name:
            raise StateError(f"the certificate under the name {name!r} calls itself {document.name!r}")
    return {
        name: Credential(
            name=name,
            certificate=document.certificatePEM,
            key=SecretStr(document.keyPEM),
            kubeconfig=document.config,
        )
        for name, document in documents.items()
    }


def _certificate(credential: Credential) -> dict[str, str]:
    name = credential.name
    common_name, organization = _SUBJECTS.get(name, (f"system:{name}", ""))
    variable = name.upper().replace("-", "_")
    on_hosts = bool(credential.kubeconfig) and name != "kube-admin"
    return {
        "certificatePEM": credential.certificate,
        "keyPEM": credential.key.get_secret_value(),
        "config": credential.kubeconfig,
        "name": name,
        "commonName": common_name,
        "ouName": organization,
        "envName": variable,
        "path": certificate_path(name),
        "keyEnvName": f"{variable}_KEY",
        "keyPath": key_path(name),
        "configEnvName": f"KUBECFG_{variable}" if credential.kubeconfig else "",
        "configPath": kubeconfig_path(name) if on_hosts else "",
    }
