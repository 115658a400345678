"""What a state says is under way over several runs: rotations, and changes of how Secrets are encrypted."""

from __future__ import annotations

from rke_py.pki.rotation import again
from rke_py.state import restore as restoring
from rke_py.state.model import State


def under_way(state: State) -> tuple[str, ...]:
    """Return a line for everything that was begun and is to be finished, with the command that goes on with it."""
    rotation, restore = state.rotation, state.restore
    rotating = (f"{rotation}; {again(rotation)}",) if rotation else ()
    return (*rotating, *((f"{restore}. {restoring.again(restore)}",) if restore else ()))
