"""The copy of the state that the cluster itself keeps, in the Secret where RKE keeps its own."""

from __future__ import annotations

import base64

from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Secret
from lightkube.types import PatchType

from rke_py.kube.client import Api, found, translated

NAMESPACE = "kube-system"
NAME = "full-cluster-state"
KEY = "full-cluster-state"


def read_copy(api: Api) -> bytes | None:
    """Return the copy, None when there is none."""
    with translated(f"read the Secret {NAMESPACE}/{NAME}"):
        secret = found(lambda: api.typed.get(Secret, NAME, namespace=NAMESPACE))
    kept = (secret.data or {}).get(KEY) if secret else None
    return None if kept is None else base64.b64decode(kept)


def write_copy(api: Api, content: bytes) -> None:
    """Keep a copy; nothing is written when it is there already."""
    if read_copy(api) == content:
        return
    secret = Secret(
        metadata=ObjectMeta(name=NAME, namespace=NAMESPACE),
        type="Opaque",
        data={KEY: base64.b64encode(content).decode()},
    )
    with translated(f"write the Secret {NAMESPACE}/{NAME}"):
        api.typed.patch(Secret, NAME, secret, namespace=NAMESPACE, patch_type=PatchType.APPLY, force=True)
