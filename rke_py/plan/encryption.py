"""How Secrets are to be encrypted in etcd: what cluster.yml asks for and what the state remembers, together.

A cluster has it from its first run or not at all yet. On one that runs the key has to reach every API server before any
of them writes with it, and every Secret has to be written anew before one is taken away.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import yaml

from rke_py.cluster.model import Cluster
from rke_py.config.findings import Finding, Path
from rke_py.render.apiserver import encryption_text, encryption_with_key
from rke_py.state.model import State

_PATH: Path = ("services", "kube-api", "secrets_encryption_config")
_KEY = 32
"""Bytes of an AES-256 key; RKE's were 32 characters, of which each told four bits."""

_BEGINNING = "encrypting the Secrets of a cluster that runs", "Leave it out; a new cluster has it from its first up."
_CHANGING = "changing how the Secrets of a cluster are encrypted", "Write it as it was."
_GIVING_UP = "no longer encrypting the Secrets of a cluster", "Write enabled: true, as it was."

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def wanted_encryption(cluster: Cluster, state: State, random_bytes: Callable[[int], bytes]) -> str | Finding:
    """Return the text of ``encryption.yaml``, empty for none; a Finding when the cluster that runs has it otherwise.

    Args:
        cluster: The cluster as wanted.
        state: What is remembered; a key that is there stays, and so does a text that says the same in other words.
        random_bytes: Makes so many random bytes that nobody can guess.
    """
    asked, there = cluster.api.encryption, state.encryption
    if asked is None:
        return _refused(_GIVING_UP) if there and state.etcd.bootstrapped else ""
    own = encryption_text(asked)
    if there and (own is None or yaml.safe_load(own) == yaml.safe_load(there)):
        return there
    if state.etcd.bootstrapped:
        return _refused(_CHANGING if there else _BEGINNING)
    return _with_new_key(random_bytes) if own is None else own


def key_names(encryption: str) -> tuple[str, ...]:
    """Return the names of the keys, and of the key servers, that some Secret may be encrypted with.

    Args:
        encryption: The text of ``encryption.yaml``; empty for none.
    """
    document = yaml.safe_load(encryption) if encryption else None
    providers = (kind for rule in (document or {}).get("resources", ()) for kind in rule.get("providers", ()))
    sections = (section for kind in providers for section in kind.values() if isinstance(section, dict))
    keys = (key for section in sections for key in (section, *(section.get("keys") or ())) if "name" in key)
    return tuple(dict.fromkeys(str(key["name"]) for key in keys))


def _refused(change: tuple[str, str]) -> Finding:
    what, hint = change
    return Finding(path=_PATH, what=f"{what} is not built yet in rke-py", hint=hint, at_key=True)


def _with_new_key(random_bytes: Callable[[int], bytes]) -> str:
    name = "".join(_LETTERS[byte % len(_LETTERS)] for byte in random_bytes(5))
    return encryption_with_key(f"k-{name}", b64encode(random_bytes(_KEY)).decode())
