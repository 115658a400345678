"""The copy of the state that the cluster itself keeps, in the Secret where RKE keeps its own."""

from __future__ import annotations

import base64

from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Secret
from lightkube.types import PatchType

from rke_py.kube.client import Api, found, translated

NAMESPACE = "kube-system"
NAME = "full-cluster-state"
KEY = "full-cluster-state"


def read_copy(api: Api) -> bytes | None:
    """Return the copy, that of an old RKE where there is no other; None when there is none."""
    kept = _kept(api)
    return kept if kept is not None else exposed_copy(api)


def exposed_copy(api: Api) -> bytes | None:
    """Return the copy that RKE before 1.4.19 and 1.5.10 kept in a ConfigMap, with every key (CVE-2023-32191)."""
    with translated(f"read the ConfigMap {NAMESPACE}/{NAME}"):
        there = found(lambda: api.typed.get(ConfigMap, NAME, namespace=NAMESPACE))
    text = (there.data or {}).get(KEY) if there else None
    return None if text is None else text.encode()


def write_copy(api: Api, content: bytes) -> None:
    """Keep a copy, and no other that more people can read; nothing is written when it is there already."""
    if _kept(api) != content:
        _write(api, content)
    if exposed_copy(api) is not None:
        with translated(f"delete the ConfigMap {NAMESPACE}/{NAME}"):
            found(lambda: api.typed.delete(ConfigMap, NAME, namespace=NAMESPACE))


def _kept(api: Api) -> bytes | None:
    with translated(f"read the Secret {NAMESPACE}/{NAME}"):
        secret = found(lambda: api.typed.get(Secret, NAME, namespace=NAMESPACE))
    kept = (secret.data or {}).get(KEY) if secret else None
    return None if kept is None else base64.b64decode(kept)


def _write(api: Api, content: bytes) -> None:
    secret = Secret(
        metadata=ObjectMeta(name=NAME, namespace=NAMESPACE),
        type="Opaque",
        data={KEY: base64.b64encode(content).decode()},
    )
    with translated(f"write the Secret {NAMESPACE}/{NAME}"):
        api.typed.patch(Secret, NAME, secret, namespace=NAMESPACE, patch_type=PatchType.APPLY, force=True)
