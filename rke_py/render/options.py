"""Options that cluster.yml gives an add-on, checked so that none is ever ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rke_py.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option an add-on knows.

    Attributes:
        default: Its value when cluster.yml does not give it; may be empty.
        accepts: Tells whether a given value is one it can take.
        meaning: What it takes, for the error: ``a number from 1 to 65535``.
    """

    default: str
    accepts: Callable[[str], bool]
    meaning: str


def number(default: int, *, most: int) -> Option:
    """Return an option that takes a whole number from 1 to ``most``."""

    def accepts(value: str) -> bool:
        return value.isascii() and value.isdigit() and 1 <= int(value) <= most

    return Option(default=str(default), accepts=accepts, meaning=f"a number from 1 to {most}")


def choice(default: str, *others: str) -> Option:
    """Return an option that takes one of a few words."""
    words = (default, *others)
    return Option(default=default, accepts=words.__contains__, meaning=f"one of {', '.join(words)}")


def priority_class(default: str) -> Option:
    """Return an option that names a PriorityClass."""
    return matching(default, r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", "the name of a PriorityClass")


def matching(default: str, pattern: str, meaning: str) -> Option:
    """Return an option whose value has to match a pattern as a whole."""
    compiled = re.compile(pattern)
    return Option(default=default, accepts=lambda value: compiled.fullmatch(value) is not None, meaning=meaning)


def read_options(
    where: str, given: Mapping[str, str], known: Mapping[str, Option]
) -> tuple[Mapping[str, str], tuple[Problem, ...]]:
    """Return every known option with its given or default value, and what is wrong with the given ones.

    Args:
        where: The key in cluster.yml that holds them: ``network.options``.
        given: As cluster.yml has them.
        known: What the add-on understands.
    """
    problems = []
    for name, value in given.items():
        if name not in known:
            hint = f"Known here: {', '.join(sorted(known))}" if known else "None is known here"
            problems.append(Problem(where=f"{where}.{name}", what="this option is not supported", hint=hint))
        elif not known[name].accepts(value):
            problems.append(Problem(where=f"{where}.{name}", what=f"{value!r} is not {known[name].meaning}"))
    return {name: given.get(name, option.default) for name, option in known.items()}, tuple(problems)


def read_strategy(
    where: str, given: Mapping[str, object], types: Sequence[str], default: Mapping[str, object]
) -> tuple[Mapping[str, object], tuple[Problem, ...]]:
    """Return an ``update_strategy`` of cluster.yml as Kubernetes spells it, and what is wrong with it.

    Args:
        where: The key in cluster.yml: ``dns.update_strategy``.
        given: ``strategy`` and ``rollingUpdate``; either may be missing.
        types: The strategies that the kind of workload knows.
        default: The parameters of RollingUpdate; a given one replaces the default of its name.
    """
    kind = given.get("strategy") or "RollingUpdate"
    parameters = given.get("rollingUpdate") or {}
    problems = _unknown_keys(where, given, ("strategy", "rollingUpdate"))
    if kind not in types:
        problems.append(Problem(where=f"{where}.strategy", what=f"{kind!r} is not one of {', '.join(types)}"))
    if not isinstance(parameters, Mapping):
        problems.append(Problem(where=f"{where}.rollingUpdate", what="has to be a mapping"))
        parameters = {}
    problems += _unknown_keys(f"{where}.rollingUpdate", parameters, tuple(default))
    strategy = {"type": kind}
    if kind == "RollingUpdate":
        strategy["rollingUpdate"] = {**default, **parameters}
    return strategy, tuple(problems)


def _unknown_keys(where: str, given: Mapping[str, object], known: Sequence[str]) -> list[Problem]:
    hint = f"Known here: {', '.join(known)}"
    return [Problem(where=f"{where}.{name}", what="unknown key", hint=hint) for name in given if name not in known]
