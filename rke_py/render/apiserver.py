"""Files of the API server, of both families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rke_py.cluster.apiserver_model import ApiServer, Encryption, Webhook
from rke_py.render.go_yaml import go_yaml

_ENCRYPTION_HEADER = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n"
_WEBHOOK = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "default", "cluster": {"server": "http://127.0.0.1:6440/v1/authenticate"}}],
    "users": [{"name": "default", "user": {}}],
    "contexts": [{"name": "webhook", "context": {"cluster": "default", "user": "default"}}],
    "current-context": "webhook",
}
"""Where Rancher's kube-api-auth listens on every control-plane host, as RKE has it."""


def admission_text(api: ApiServer) -> str | None:
    """Return ``admission.yaml``; None when there is none, or the owner names a file of his own."""
    return None if api.admission is None else go_yaml(api.admission)


def audit_text(api: ApiServer) -> str | None:
    """Return ``audit-policy.yaml``; None when nothing is written down."""
    return None if api.audit is None or api.audit.policy is None else go_yaml(api.audit.policy)


def webhook_text(webhook: Webhook) -> str:
    """Return the kubeconfig by which tokens are asked about; it may hold credentials."""
    return webhook.config_file.get_secret_value() or go_yaml(_WEBHOOK)


def encryption_text(encryption: Encryption) -> str | None:
    """Return ``encryption.yaml`` of the owner's own; None when its key is yet to be made."""
    return None if encryption.custom is None else encryption_of(encryption.custom)


def encryption_with_key(name: str, key: str) -> str:
    """Return ``encryption.yaml`` with RKE's provider for Secrets and a key of 32 bytes in base64; all of it is secret.

    RKE lets ``identity`` follow. Here nothing that is not encrypted is left by the time there is no other key.
    """
    providers = [{"aescbc": {"keys": [{"name": name, "secret": key}]}}]
    return encryption_of({"resources": [{"resources": ["secrets"], "providers": providers}]})


def encryption_of(body: Mapping[str, Any]) -> str:
    """Return ``encryption.yaml`` with a body."""
    return _ENCRYPTION_HEADER + go_yaml(body)
