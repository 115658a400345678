"""Command lines as values: flags with their precedence, and the way back from a command line to flags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Flags = Mapping[str, str | tuple[str, ...]]
"""Flag names without dashes; several values repeat the flag in that order."""


def arguments(*layers: Flags) -> tuple[str, ...]:
    """Return ``--name=value`` elements sorted by name.

    A later layer's flag replaces that of an earlier one with all its values, as RKE does for ``extra_args``: built-in,
    then computed, then the user's.
    """
    merged: dict[str, tuple[str, ...]] = {}
    for layer in layers:
        merged.update({name: _values(value) for name, value in layer.items()})
    return tuple(f"--{name}={value}" for name in sorted(merged) for value in merged[name])


def set_flags(command: Iterable[str], flags: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command line with those flags set once, each in the place it had, new ones at the end."""
    left, changed = dict(flags), []
    for element in command:
        name = flag_name(element)
        if name not in flags:
            changed.append(element)
        elif name in left:
            changed.append(f"--{name}={left.pop(name)}")
    return (*changed, *(f"--{name}={value}" for name, value in left.items()))


def flag_value(command: Iterable[str], name: str) -> str | None:
    """Return the last value of a flag, None when the command line does not have it."""
    values = [element.partition("=")[2] for element in command if flag_name(element) == name]
    return values[-1] if values else None


def flag_name(element: str) -> str:
    """Return the name of a ``--name=value`` element, empty for anything else."""
    return element[2:].partition("=")[0] if element.startswith("--") else ""


def _values(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
