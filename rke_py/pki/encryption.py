"""How values are encrypted in etcd, and how that is changed under a cluster that runs.

An EncryptionConfiguration is read as the keys of each resource: the first one writes, all of them read. A change goes
through the rolls of a rotation (``rotation.Phase``): everybody reads with old and new keys, then the new one writes and
everything is written anew, then the old one is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from rke_py.pki.rotation import Phase

_IDENTITY = "identity"
_KMS = "kms"
_CORE = frozenset(
    {
        "configmaps",
        "endpoints",
        "events",
        "limitranges",
        "namespaces",
        "nodes",
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "podtemplates",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "serviceaccounts",
        "services",
    }
)
"""What API servers keep of the group without a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a value can be encrypted with: a key of a provider, a key server (``kms``), or nothing (``identity``).

    Attributes:
        provider: As an EncryptionConfiguration spells it.
        name: The key's or the server's own; empty for ``identity``.
        section: What stands under the provider for this key alone, as JSON; it holds the secret.
    """

    provider: str
    name: str = ""
    section: str = field(default="{}", repr=False)

    def __str__(self) -> str:
        return f"{self.provider} {self.name}" if self.name else "unencrypted"

    @property
    def prefix(self) -> str:
        """What values under it begin with in etcd; empty for those that are not encrypted."""
        if self.provider == _IDENTITY:
            return ""
        version = json.loads(self.section).get("apiVersion", "v1") if self.provider == _KMS else "v1"
        return f"k8s:enc:{self.provider}:{version}:{self.name}:"


Keys = Mapping[str, tuple[Key, ...]]
"""The keys of each resource, the one that writes first."""

UNENCRYPTED = Key(provider=_IDENTITY)


def keys_of(text: str) -> dict[str, tuple[Key, ...]]:
    """Return the keys of an EncryptionConfiguration, none for an empty text; what cannot be one is left out.

    Where two rules name a resource, the first one counts, as for the API server.
    """
    document = yaml.safe_load(text) if text else None
    found: dict[str, tuple[Key, ...]] = {}
    for rule in _maps(document, "resources"):
        keys = tuple(key for provider in _maps(rule, "providers") for key in _keys(provider))
        for resource in rule.get("resources") or ():
            found.setdefault(str(resource), keys)
    return found


def configuration(keys: Keys) -> dict[str, Any]:
    """Return the body of the EncryptionConfiguration with these keys; resources of the same keys share a rule."""
    rules: dict[tuple[Key, ...], list[str]] = {}
    for resource, own in keys.items():
        rules.setdefault(own, []).append(resource)
    return {"resources": [{"resources": names, "providers": _providers(own)} for own, names in rules.items()]}


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionChange:
    """A change under way.

    Attributes:
        old, new: The EncryptionConfigurations, as texts; empty where nothing is encrypted.
        phase: The roll that is under way or was last reached.
        began: When it began, RFC 3339.
        reached: True once every API server is where ``phase`` wants it, and everything is rewritten that it rewrites.
    """

    old: str = field(repr=False)
    new: str = field(repr=False)
    phase: Phase = Phase.TRUST
    began: str = ""
    reached: bool = False

    def __str__(self) -> str:
        does = {
            Phase.TRUST: "roll 1 of 3: API servers learn to read with the new key",
            Phase.ISSUE: "roll 2 of 3: they write with the new key, and everything is written anew",
            Phase.DROP: "roll 3 of 3: they forget the old key",
        }
        done = "done" if self.reached else "under way"
        return f"change of encryption, {self.what}, {does[self.phase]} ({done}, begun {self.began})"

    @property
    def what(self) -> str:
        """From which keys to which, by name."""
        return f"from {_named(keys_of(self.old))} to {_named(keys_of(self.new))}"

    @property
    def first(self) -> Phase:
        """Its first roll: the second one where everybody can read with every key already."""
        return Phase.ISSUE if self.keys(Phase.TRUST) == keys_of(self.old) else Phase.TRUST

    @property
    def rewritten(self) -> Mapping[str, Key]:
        """The resources whose values have to be under another key than they may be now, each with that key."""
        old, new = _both(self.old, self.new)
        moved = (name for name in new if old[name][0].prefix != new[name][0].prefix or _lost(old[name], new[name]))
        return {name: new[name][0] for name in moved}

    @property
    def dropped(self) -> tuple[Key, ...]:
        """The keys that nobody has after it, but snapshots from before need."""
        kept = {key.prefix for keys in keys_of(self.new).values() for key in keys}
        every = (key for keys in keys_of(self.old).values() for key in keys)
        return tuple(dict.fromkeys(key for key in every if key.prefix and key.prefix not in kept))

    def keys(self, phase: Phase) -> Keys:
        """Return the keys that every API server has in a roll."""
        if phase is Phase.DROP:
            return keys_of(self.new)
        old, new = _both(self.old, self.new)
        return {name: _merged(new[name], old[name], new_first=phase is Phase.ISSUE) for name in new}


def again() -> str:
    """Return the command that goes on with a change."""
    return "go on with: rke-py up"


def wildcards(*configurations: Keys) -> tuple[str, ...]:
    """Return the patterns among the resources: nobody can tell what has to be written anew for them."""
    return tuple(dict.fromkeys(name for keys in configurations for name in keys if "*" in name))


def unknown(keys: Keys) -> tuple[str, ...]:
    """Return the resources that no API server has; of those of a group (``deployments.apps``) only it can tell."""
    return tuple(name for name in keys if "." not in name and name not in _CORE)


def reused(new: Keys, others: tuple[Key, ...]) -> tuple[Key, ...]:
    """Return the keys that have the name of another key with another secret: nobody could tell their values apart."""
    known = {key.prefix: key for key in others if key.prefix and key.provider != _KMS}
    every = (key for keys in new.values() for key in keys)
    return tuple(dict.fromkeys(key for key in every if known.get(key.prefix, key) != key))


def _both(old: str, new: str) -> tuple[Keys, Keys]:
    """Return old and new keys of every resource that either names; others are not encrypted."""
    before, after = keys_of(old), keys_of(new)
    names = dict.fromkeys((*after, *before))
    plain = (UNENCRYPTED,)
    return {name: before.get(name) or plain for name in names}, {name: after.get(name) or plain for name in names}


def _merged(new: tuple[Key, ...], old: tuple[Key, ...], *, new_first: bool) -> tuple[Key, ...]:
    """Return all of them once each; of a key server with other settings only the new ones count."""
    current = {key.prefix: key for key in new}
    before = tuple(current.get(key.prefix, key) for key in old)
    return tuple(dict.fromkeys((*new, *before) if new_first else (*before, *new)))


def _lost(old: tuple[Key, ...], new: tuple[Key, ...]) -> bool:
    return not {key.prefix for key in old} <= {key.prefix for key in new}


def _named(keys: Keys) -> str:
    return ", ".join(dict.fromkeys(str(own[0]) for own in keys.values() if own)) or str(UNENCRYPTED)


def _keys(provider: Mapping[str, Any]) -> Iterator[Key]:
    for name, section in provider.items():
        body = section if isinstance(section, dict) else {}
        if not isinstance(body.get("keys"), list):
            yield Key(provider=name, name=str(body.get("name", "")), section=_json(body))
            continue
        for key in _maps(body, "keys"):
            yield Key(provider=name, name=str(key.get("name", "")), section=_json({**body, "keys": [key]}))


def _providers(keys: tuple[Key, ...]) -> list[dict[str, Any]]:
    """Return the providers; neighbours of one kind are one provider with several keys, as RKE writes them."""
    made: list[dict[str, Any]] = []
    for key in keys:
        section = json.loads(key.section)
        last = made[-1].get(key.provider) if made else None
        if last and "keys" in last and "keys" in section:
            last["keys"] += section["keys"]
        else:
            made.append({key.provider: section})
    return made


def _maps(document: object, name: str) -> Iterator[dict[str, Any]]:
    found = document.get(name) if isinstance(document, dict) else None
    return (item for item in (found if isinstance(found, list) else ()) if isinstance(item, dict))


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True)
