"""What a state says is under way over several runs: rotations, and changes of how Secrets are encrypted."""

from __future__ import annotations

from rke_py.pki import encryption, rotation
from rke_py.state import restore as restoring
from rke_py.state.model import State


def under_way(state: State) -> tuple[str, ...]:
    """Return a line for everything that was begun and is to be finished, with the command that goes on with it."""
    rotated, change, restore = state.rotation, state.encryption_change, state.restore
    return (
        *((f"{rotated}; {rotation.again(rotated)}",) if rotated else ()),
        *((f"{change}; {encryption.again()}",) if change else ()),
        *((f"{restore}. {restoring.again(restore)}",) if restore else ()),
    )
