"""An etcd of the owner's own: what API servers show to it, of both families."""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.pki.paths import certificate_path, key_path

EXTERNAL_CA, EXTERNAL_CLIENT = "kube-etcd-client-ca", "kube-etcd-client"
EXTERNAL_FILES = (key_path(EXTERNAL_CLIENT), certificate_path(EXTERNAL_CLIENT), certificate_path(EXTERNAL_CA))
"""Where they are on a control-plane host, the key before its certificate."""


def external_files(cluster: Cluster) -> dict[str, bytes]:
    """Return the certificates for an etcd of the owner's own by path, the key first; nothing without one."""
    external = cluster.external_etcd
    if external is None:
        return {}
    texts = (external.key.get_secret_value(), external.cert, external.ca_cert)
    return {path: text.encode() for path, text in zip(EXTERNAL_FILES, texts, strict=True)}
