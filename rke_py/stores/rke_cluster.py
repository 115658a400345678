"""Of which cluster a snapshot of RKE's is: the state in its archive tells."""

from __future__ import annotations

import json
from typing import Any

import yaml

from rke_py.pki.inspect import fingerprints
from rke_py.plan.encryption import key_names, prefixes
from rke_py.state.lineage import lineage_of


def cluster_of(state: bytes | None) -> dict[str, Any]:
    """Return what RKE's state tells of the cluster, as ``plan.backup.about`` does; nothing where it cannot be read.

    A cluster that was taken over keeps its lineage when it gets another CA: then our own part of the state has it.
    """
    try:
        document: dict[str, Any] = json.loads(state or b"{}")
        desired, current = document["desiredState"], document.get("currentState") or {}
        authority = desired["certificatesBundle"]["kube-ca"]["certificatePEM"]
        encryption = current.get("encryptionConfig") or desired.get("encryptionConfig") or ""
        return {
            "lineage": str((document.get("rkePy") or {}).get("lineage") or lineage_of(authority)),
            "kubernetes": str(desired["rkeConfig"].get("kubernetesVersion", "")),
            "encryption_keys": list(key_names(encryption)),
            "encrypted": prefixes(encryption),
            "authorities": list(fingerprints(authority)),
        }
    except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError):
        return {"lineage": "", "kubernetes": "", "encryption_keys": [], "authorities": []}
