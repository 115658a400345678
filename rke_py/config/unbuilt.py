"""What a valid cluster.yml may ask for and rke-py cannot perform yet: one row each, deleted when it is built.

Reading accepts every key of RKE 1.7; ``up`` and a plan of real hosts begin with ``unbuilt_findings``, so that nothing
is ignored in silence. ``config validate`` tells the same as warnings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import Secret, SecretStr

from rke_py.config.findings import Finding, Path, spell_path
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section

Asks = Callable[[object], bool]
"""Tells whether a value asks for what is not built."""


def something(value: object) -> bool:
    """Tell whether a value asks for anything at all: not null, empty text, 0, false, or only such values inside."""
    if isinstance(value, Section):
        return any(something(getattr(value, name)) for name in type(value).model_fields)
    if isinstance(value, Mapping):
        return any(map(something, value.values()))
    if isinstance(value, Secret | SecretStr):
        return something(value.get_secret_value())
    return bool(value)


def unless(key: str, off: object) -> Asks:
    """Ask with anything in a map, unless one key of it turns all of it off."""
    return lambda value: something(value) and getattr(value, key) != off


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbuilt:
    """One thing that is known and not built.

    Attributes:
        path: Keys from the top, with dots.
        hint: What to do instead.
        asks: Which values ask for it.
        names_value: True when the message names the value: there are others that are built.
        what: What is not built, when it is not the key itself.
        families: The families of releases that cannot do it.
        of_new: True for what a cluster that exists may well have.
    """

    path: str
    hint: str = "Leave it out."
    asks: Asks = something
    names_value: bool = False
    what: str = ""
    families: tuple[str, ...] = ("upstream",)
    of_new: bool = False


_BOTH = ("upstream", "rke")

UNBUILT = (
    Unbuilt(
        path="kubernetes_version",
        what="making a cluster of RKE's own releases",
        hint="A new cluster takes v1.33 or later. One that RKE made goes on with its own: see rke-py adopt.",
        asks=lambda _: True,
        families=("rke",),
        of_new=True,
    ),
    Unbuilt(path="restore", asks=unless("restore", False), families=_BOTH),
    Unbuilt(path="rotate_certificates", asks=lambda value: value is not None, families=_BOTH),
)


def unbuilt_findings(config: ClusterConfig, family: str, *, exists: bool = False) -> Iterator[Finding]:
    """Yield what the configuration asks for and the roll-out of that family of releases cannot do yet.

    Args:
        config: What is asked for.
        family: Of the release.
        exists: Whether there is a cluster already.
    """
    for row in UNBUILT:
        if family in row.families and not (exists and row.of_new):
            for path, value in _values(config, row.path):
                if row.asks(value):
                    named = f" {_spelled(value)}" if row.names_value else ""
                    what = f"{row.what or spell_path(path)}{named} is not built yet in rke-py"
                    yield Finding(path=path, what=what, hint=row.hint, at_key=True)


def _spelled(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(config: ClusterConfig, dotted: str) -> Iterator[tuple[Path, object]]:
    path: Path = ()
    value: object = config
    for part in dotted.split("."):
        if not isinstance(value, Section):
            return
        path, value = (*path, part), getattr(value, type(value).names_by_key()[part])
    yield path, value
