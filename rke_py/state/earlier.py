"""What earlier states of a cluster know that its hosts do not have, for a state that is made again of their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rke_py.pki.encryption import Key, keys_of
from rke_py.state.model import State

_UNREADABLE = (
    "snapshots from then hold Secrets that nobody can read without them. The state beside such a snapshot has those of "
    "its time, and adds them to the state that is here: rke-py state recover --from snapshot --snapshot NAME"
)
_NO_KEYS = f"keys that Secrets were encrypted with before the last change of it, where there was one: {_UNREADABLE}"
_GAP = f"keys that Secrets were encrypted with between the earlier state and the last change of it: {_UNREADABLE}"
_HOSTS = (
    "hosts that left cluster.yml and still carry something of the cluster, where there are any: rke-py node clean HOST"
)
_UNDER_WAY = (
    "a rotation, a change of encryption or a restore that was under way, where there was one: begin it again, or the "
    "old CA or key stays trusted"
)


def with_keys(state: State, earlier: Iterable[State]) -> State:
    """Return the state with every key of earlier states that API servers have no more, the oldest first.

    Args:
        state: The state, with the keys that API servers have.
        earlier: States of the same cluster, of earlier times.
    """
    now = {key.prefix for key in _keys(state.encryption)}
    known = (key for each in (*earlier, state) for key in (*each.retired_keys, *_written(each)))
    return replace(state, retired_keys=tuple(dict.fromkeys(key for key in known if key.prefix not in {"", *now})))


def with_forgotten(state: State, earlier: Iterable[State]) -> State:
    """Return the state with the hosts that earlier states tell to have left without being cleaned."""
    addresses = {record.address for record in state.hosts.values()}
    forgotten = {
        name: record
        for each in earlier
        for name, record in each.hosts.items()
        if record.forgotten and record.address not in addresses
    }
    return replace(state, hosts={**forgotten, **state.hosts})


def unknown(state: State, earlier: Sequence[State]) -> Iterator[str]:
    """Yield what a state that was made of hosts' files may lack, in words.

    Args:
        state: The state, with the keys that API servers have.
        earlier: States of the same cluster, whose keys and forgotten hosts it has.
    """
    if not any(_keys(each.encryption) == _keys(state.encryption) for each in earlier):
        yield _GAP if earlier else _NO_KEYS
    yield _HOSTS
    yield _UNDER_WAY


def _written(state: State) -> tuple[Key, ...]:
    """Return every key that API servers had at the time of a state, the old one of a change first."""
    change = state.encryption_change
    texts = (*((change.old,) if change else ()), state.encryption, *((change.new,) if change else ()))
    return tuple(key for text in texts for key in _keys(text))


def _keys(text: str) -> tuple[Key, ...]:
    return tuple(key for keys in keys_of(text).values() for key in keys)
