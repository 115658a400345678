"""How Secrets are to be encrypted in etcd: what cluster.yml asks for and what the state remembers, together.

A new cluster has it from its first Secret on. On one that runs, a change goes through rolls: this decides which roll
comes next, and what every API server reads and writes with in it. cluster.yml alone says what is wanted; the state
remembers the keys, and how far a change has come.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from rke_py.cluster.apiserver_model import Encryption
from rke_py.config.findings import Finding, Path
from rke_py.pki.encryption import (
    UNENCRYPTED,
    EncryptionChange,
    Key,
    Keys,
    configuration,
    keys_of,
    reused,
    unknown,
    wildcards,
)
from rke_py.pki.rotation import Phase
from rke_py.render.apiserver import encryption_of, encryption_text, encryption_with_key
from rke_py.state.model import State

_PATH: Path = ("services", "kube-api", "secrets_encryption_config")
_CUSTOM: Path = (*_PATH, "custom_config")
_KEY = 32
"""Bytes of an AES-256 key; RKE's were 32 characters, of which each told four bits."""

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run may do about it.

    Attributes:
        now: RFC 3339.
        random_bytes: Makes so many random bytes that nobody can guess.
        rotate: A new key is wished for; the owner's own are his to change.
        goes: False when an API server is left out of the run: a change neither begins then nor goes on.
    """

    now: str
    random_bytes: Callable[[int], bytes]
    rotate: bool = False
    goes: bool = True


def encrypted(asked: Encryption | None, state: State, run: Run) -> State | Finding:
    """Return the state with the keys that every API server is to have next; a Finding when what is asked cannot be.

    Args:
        asked: What cluster.yml says; None for no encryption.
        state: What is remembered. A key that is there stays while cluster.yml asks for nothing else.
        run: What this run may do.
    """
    there = state.encryption
    if not state.etcd.bootstrapped:
        return replace(state, encryption=there if is_asked(asked, there) else _target(asked, run))
    if not run.goes:
        return state
    change = state.encryption_change
    if change and change.phase is Phase.TRUST and not is_asked(asked, change.new):
        # Nothing was written with the new key yet, so it can be taken away as it came; API servers may have it.
        given_up = (key for key in _keys(change.new) if key not in _keys(change.old))
        retired = tuple(dict.fromkeys((*state.retired_keys, *given_up)))
        state, change = replace(state, encryption=change.old, encryption_change=None, retired_keys=retired), None
    if change:
        return _entered(state, change)
    if is_asked(asked, state.encryption) and not (run.rotate and asked and asked.custom is None):
        return state
    new = EncryptionChange(old=state.encryption, new=_target(asked, run), began=run.now)
    return _refusal(state, new) or _in(state, replace(new, phase=new.first))


def is_asked(asked: Encryption | None, text: str) -> bool:
    """Tell whether an EncryptionConfiguration is what cluster.yml asks for, in whatever words."""
    if asked is None:
        return not text
    own = encryption_text(asked)
    return _made_by_us(keys_of(text)) if own is None else bool(text) and keys_of(own) == keys_of(text)


def key_names(encryption: str) -> tuple[str, ...]:
    """Return the names of the keys, and of the key servers, that some Secret may be encrypted with.

    ``identity`` is among them where some may not be encrypted at all.

    Args:
        encryption: The text of ``encryption.yaml``; empty for none.
    """
    return tuple(dict.fromkeys(map(_name, _keys(encryption))))


def prefixes(encryption: str) -> dict[str, list[str]]:
    """Return by resource what values of it may begin with in etcd, empty text for one that may not be encrypted.

    Args:
        encryption: The text of ``encryption.yaml``; empty for none.
    """
    return {resource: [key.prefix for key in keys] for resource, keys in keys_of(encryption).items()}


def known_prefixes(state: State) -> frozenset[str]:
    """Return what values may begin with that a remembered key reads."""
    return frozenset(key.prefix for key in known_keys(state))


def known_keys(state: State) -> frozenset[Key]:
    """Return all keys that are remembered: those of now, of a change under way, and of earlier."""
    return frozenset((*_remembered(state), UNENCRYPTED))


def known_names(state: State) -> frozenset[str]:
    """Return the names of all keys that are remembered."""
    return frozenset(map(_name, known_keys(state)))


def recalled(
    state: State, needed: Collection[str], now: str, encrypted: Mapping[str, Collection[str]] | None = None
) -> State:
    """Return the state with API servers that read what a snapshot holds, where those of now could not.

    They read with every key there ever was and write with the one of now, as in the second roll of a change, which then
    writes everything anew and drops the others again.

    Args:
        state: What is remembered.
        needed: The names of the keys that the snapshot was made with; none for a cluster that encrypted nothing.
        now: RFC 3339.
        encrypted: What its values begin with, as `prefixes`; None where nobody wrote it down, and names have to do.
    """
    if _reads(state.encryption, needed, encrypted):
        return state
    change = state.encryption_change
    target = state.encryption if change is None else change.old if change.phase is Phase.TRUST else change.new
    plain = dict.fromkeys(encrypted or ("secrets",), (UNENCRYPTED,))
    wanted = plain | dict(keys_of(target))
    every = {name: tuple(dict.fromkeys((*own, *_remembered(state), UNENCRYPTED))) for name, own in wanted.items()}
    text = encryption_of(configuration(every))
    begun = EncryptionChange(old=text, new=target, phase=Phase.ISSUE, began=now)
    return replace(state, encryption=text, encryption_change=begun)


def _reads(encryption: str, names: Collection[str], encrypted: Mapping[str, Collection[str]] | None) -> bool:
    """Tell whether API servers read all of a snapshot: of each resource every key, and what is not encrypted."""
    if encrypted is None:
        plain = UNENCRYPTED.provider
        return set(names or (plain,)) <= set(key_names(encryption) or (plain,))
    now, unencrypted = prefixes(encryption), (UNENCRYPTED.prefix,)
    return all(
        set(encrypted.get(resource, unencrypted)) <= set(now.get(resource, unencrypted))
        for resource in {*encrypted, *now}
    )


def _remembered(state: State) -> tuple[Key, ...]:
    change = state.encryption_change
    texts = (state.encryption, *((change.old, change.new) if change else ()))
    return (*(key for text in texts for key in _keys(text)), *state.retired_keys)


def _keys(text: str) -> tuple[Key, ...]:
    return tuple(key for keys in keys_of(text).values() for key in keys)


def _name(key: Key) -> str:
    return key.name or key.provider


def _made_by_us(keys: Keys) -> bool:
    """Tell whether it is of the form that rke-py and RKE give it: a key for Secrets, perhaps more to read with."""
    own = [key.provider for key in keys.get("secrets", ())]
    return keys.keys() == {"secrets"} and own[:1] == ["aescbc"] and set(own) <= {"aescbc", "identity"}


def _target(asked: Encryption | None, run: Run) -> str:
    own = encryption_text(asked) if asked else ""
    return _with_new_key(run.random_bytes) if own is None else own


def _with_new_key(random_bytes: Callable[[int], bytes]) -> str:
    name = "".join(_LETTERS[byte % len(_LETTERS)] for byte in random_bytes(5))
    return encryption_with_key(f"k-{name}", b64encode(random_bytes(_KEY)).decode())


def _entered(state: State, change: EncryptionChange) -> State:
    """Return the state in the next roll; one that was not reached is continued."""
    if not change.reached:
        return state
    phase = Phase.ISSUE if change.phase is Phase.TRUST else Phase.DROP
    return _in(state, replace(change, phase=phase, reached=False))


def taken_back(state: State) -> State:
    """Return the state in the roll before the last one, where everything is written anew: etcd holds old values yet."""
    change = state.encryption_change
    return _in(state, replace(change, phase=Phase.ISSUE, reached=False)) if change else state


def _in(state: State, change: EncryptionChange) -> State:
    """Return the state with the text of a roll; one that says the same as before stays, so that nothing restarts."""
    keys, text = change.keys(change.phase), change.new if change.phase is Phase.DROP else ""
    if keys == keys_of(state.encryption) and keys:
        text = state.encryption
    elif not text and keys:
        text = encryption_of(configuration(keys))
    return replace(state, encryption=text, encryption_change=change)


def _refusal(state: State, change: EncryptionChange) -> Finding | None:
    old, new = keys_of(change.old), keys_of(change.new)
    patterns = wildcards(old, new)
    if patterns:
        what = f"the encryption of {', '.join(patterns)} cannot be changed in a cluster that runs"
        hint = "Name the resources one by one: each of them is written anew, and looked for in etcd."
        return Finding(path=_CUSTOM, what=what, hint=hint, at_key=True)
    missing = unknown(new)
    if missing:
        what = f"no API server has {', '.join(missing)}, so nothing of it can be encrypted"
        hint = "Write the plural in small letters, with the group where there is one: secrets, deployments.apps."
        return Finding(path=_CUSTOM, what=what, hint=hint, at_key=True)
    before = (*_keys(change.old), *state.retired_keys)
    same = reused(new, before)
    if same:
        what = f"{', '.join(map(str, same))} is the name of another key that values or snapshots are encrypted with"
        return Finding(path=_CUSTOM, what=what, hint="Give the new key a name of its own.", at_key=True)
    return None
