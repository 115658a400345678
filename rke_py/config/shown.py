"""A whole configuration, every default in it, as plain values with where each came from; no secret is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import Secret, SecretStr
from pydantic.fields import FieldInfo

from rke_py.config.findings import Path, spell_path
from rke_py.config.positions import Positions
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section, other_spellings
from rke_py.config.schema.walk import SECRET_OPTIONS, marks_of

HIDDEN = "(hidden)"
DEFAULT, CATALOG, RUNNING = "default", "catalog", "running cluster"


_OF_THE_VERSION: frozenset[Path] = frozenset(
    {
        ("network", "plugin"),
        ("ingress", "provider"),
        ("ingress", "network_mode"),
        ("ingress", "default_backend"),
        ("services", "kubelet", "infra_container_image"),
    }
)
"""What the release decides when the file says nothing."""


class Entry(NamedTuple):
    """One value: where it stands, what it is, and where it comes from: ``cluster.yml:7``, default, catalog."""

    path: Path
    value: Any
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What decides where a value came from.

    Attributes:
        given: The configuration as the file has it.
        positions: Where the file has it.
        from_running: True when the version is that of the running cluster.
    """

    given: ClusterConfig
    positions: Positions
    from_running: bool = False


def entries(completed: ClusterConfig, sources: Sources) -> Iterator[Entry]:
    """Yield every value that says something, in the schema's order; flags and what the file has always do."""
    yield from _section(completed, sources.given, (), sources)


def nested(found: Iterator[Entry] | tuple[Entry, ...]) -> dict[str, Any]:
    """Return the values as one map, as ``cluster.yml`` would have them."""
    whole: dict[str, Any] = {}
    for entry in found:
        place: Any = whole
        for part, following in zip(entry.path, (*entry.path[1:], None), strict=True):
            last = following is None
            fresh: Any = entry.value if last else [] if isinstance(following, int) else {}
            if isinstance(place, list) and isinstance(part, int):
                if part >= len(place):
                    place.append(fresh)
            elif part not in place:
                place[part] = fresh
            place = place[part]
    return whole


def origins(found: Iterator[Entry] | tuple[Entry, ...]) -> dict[str, str]:
    """Return where each value came from, by its spelled path."""
    return {spell_path(entry.path): entry.origin for entry in found}


def _section(section: Section, given: object, path: Path, sources: Sources) -> Iterator[Entry]:
    fields = type(section).fields_by_key()
    for key, name in type(section).names_by_key().items():
        before = getattr(given, name, None) if isinstance(given, Section) else None
        yield from _value(getattr(section, name), before, (*path, key), fields[key], sources)


def _value(value: object, given: object, path: Path, field: FieldInfo, sources: Sources) -> Iterator[Entry]:
    if isinstance(value, Section):
        yield from _section(value, given, path, sources)
    elif isinstance(value, tuple) and any(isinstance(item, Section) for item in value):
        earlier = given if isinstance(given, tuple) else ()
        for index, item in enumerate(value):
            yield from _section(item, earlier[index] if index < len(earlier) else None, (*path, index), sources)
    elif isinstance(value, Mapping) and not marks_of(field):
        for key, item in value.items():
            before = given.get(key) if isinstance(given, Mapping) else None
            yield from _value(item, before, (*path, str(key)), field, sources)
    else:
        origin = _origin(value, given, path, field, sources)
        if _says_something(value) or (isinstance(value, bool | int) and origin not in (DEFAULT, CATALOG)):
            yield Entry(path, _plain(value, path, hidden=bool(marks_of(field))), origin)


def _origin(value: object, given: object, path: Path, field: FieldInfo, sources: Sources) -> str:
    places = (path, *((*path[:-1], key) for key in other_spellings(field)))
    line = next(filter(None, map(sources.positions.line_of, places)), 0)
    if line and (given == value or _says_something(given)):
        return f"{sources.positions.source}:{line}"
    if path == ("kubernetes_version",):
        return RUNNING if sources.from_running else CATALOG
    return CATALOG if path[0] == "system_images" or path in _OF_THE_VERSION else DEFAULT


def _says_something(value: object) -> bool:
    if isinstance(value, SecretStr | Secret):
        return bool(value.get_secret_value())
    return isinstance(value, bool) or bool(value)


def _plain(value: object, path: Path, *, hidden: bool) -> Any:
    if isinstance(value, SecretStr | Secret) or path[-1] in SECRET_OPTIONS:
        return HIDDEN
    if isinstance(value, tuple):
        return [
            _variable(str(item)) if hidden and isinstance(item, str) else HIDDEN if hidden else item for item in value
        ]
    return HIDDEN if hidden else value


def _variable(text: str) -> str:
    """Return NAME=VALUE without its value."""
    name, equals, _ = text.partition("=")
    return f"{name}={HIDDEN}" if equals else HIDDEN
