"""What a command line says, looked up over and over while a simulation runs."""

from __future__ import annotations

from functools import lru_cache

from rke_py.plan import arguments


@lru_cache(maxsize=50_000)
def flag_value(command: tuple[str, ...], name: str) -> str | None:
    """Return the last value of a flag, None when the command line does not have it."""
    return arguments.flag_value(command, name)
