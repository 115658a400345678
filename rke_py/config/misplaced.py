"""A key that does not belong where it stands → what was probably meant, and where that goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import get_origin

from pydantic.fields import FieldInfo

from rke_py.config.checks.dns import DNS_OPTIONS
from rke_py.config.checks.networks import PLUGINS
from rke_py.config.findings import Finding, Path, nearest, spell_path
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.walk import is_keyed, model_at, model_in, unwrapped
from rke_py.config.tree import Value

Place = tuple[str, ...]
"""Keys from the top to a map of the schema; lists add nothing."""

_LIKELY = 0.8
_AFTER_ALL = frozenset({"bastion_host", "system_images", "cloud_provider"})
"""Their keys are those of nodes and of services, where a misplaced one more likely belongs."""

_OPTIONS = {
    **{option: "dns.options" for options in DNS_OPTIONS.values() for option in options},
    **{option: "network.options" for plugin in PLUGINS.values() for option in plugin.options},
}
_FEW, _MANY = 2, 5
_SERVICE = 2
"""Length of the path to one of the services."""

_LISTS = frozenset({("nodes",), ("private_registries",)})


def unknown_key(path: Path, data: Mapping[str, Value]) -> Finding:
    """Return the fault of a key that nobody knows at that place of the file."""
    key = str(path[-1])
    place = "a top-level key" if len(path) == 1 else f"a key of {_spell_parent(path)}"
    return Finding(path=path, what=f"{key} is not {place}", hint=_hint(path, data), at_key=True)


def _hint(path: Path, data: Mapping[str, Value]) -> str:
    key = str(path[-1])
    if "\u00a0" in key:
        return "There is a no-break space in it; write an ordinary one."
    model = model_at(ClusterConfig, path[:-1])
    here = tuple(model.fields_by_key()) if model else ()
    spelled_alike = [known for known in here if _folded(known) == _folded(key)]
    if spelled_alike:
        return f"Did you mean {spelled_alike[0]}?"
    if key in _OPTIONS:
        return f"It is an option: it belongs under {_OPTIONS[key]}."
    return (
        _indented_wrongly(path, data)
        or _elsewhere(key, _value_at(data, path))
        or _likely(key, here)
        or _likely_elsewhere(key)
        or nearest(key, here)
    )


def _spell_parent(path: Path) -> str:
    """Return the name of the map that a key stands in: ``nodes[]``, ``services``."""
    parent, above = path[-2], path[:-2]
    return f"{above[-1]}[]" if isinstance(parent, int) else parent


def _indented_wrongly(path: Path, data: Mapping[str, Value]) -> str:
    """Return where the key goes when the map right above it, or one around it, takes it."""
    key, parent = str(path[-1]), path[:-1]
    siblings = _value_at(data, parent)
    above = _key_above(siblings, key) if isinstance(siblings, Mapping) else None
    if above is not None and _takes((*parent, above), key):
        return f"{_belongs(_place((*parent, above)))[:-1]}: indent it further."
    for depth in range(len(parent) - 1, 0, -1):
        if not isinstance(parent[depth - 1], int) and _takes(parent[:depth], key):
            return f"{_belongs(_place(parent[:depth]))[:-1]}: indent it less."
    if parent and key in ClusterConfig.fields_by_key():
        return "It is a top-level key: move it to the left margin."
    return ""


def _key_above(siblings: Mapping[str, Value], key: str) -> str | None:
    above = None
    for sibling in siblings:
        if sibling == key:
            return above
        above = sibling
    return None


def _takes(path: Sequence[str | int], key: str) -> bool:
    model = model_at(ClusterConfig, path)
    return model is not None and key in model.fields_by_key()


def _elsewhere(key: str, value: Value) -> str:
    """Return where else the schema has that very key, for a value of that shape."""
    places = [place for place, known, field in _schema() if known == key and _may_hold(field, value)]
    places = [place for place in places if place[0] not in _AFTER_ALL] or places
    words = tuple(dict.fromkeys(_words(place, len(places) > _FEW) for place in places))
    if not words or len(words) > _MANY:
        return ""
    *first, last = words
    return f"It belongs under {', '.join(first)}{' or ' if first else ''}{last}.".replace(
        "under an entry", "to an entry"
    )


def _words(place: Place, many: bool) -> str:
    if place[0] == "services" and len(place) == _SERVICE and many:
        return "an entry of services"
    return f"an entry of {place[0]}" if place in _LISTS else spell_path(place)


def _likely(key: str, here: Sequence[str]) -> str:
    folded = {_folded(known): known for known in here}
    close = get_close_matches(_folded(key), folded, n=1, cutoff=_LIKELY)
    return f"Did you mean {folded[close[0]]}?" if close else ""


def _likely_elsewhere(key: str) -> str:
    """Return the key of another map that is much like this one."""
    known = {name for place, name, _ in _schema() if place[0] not in _AFTER_ALL}
    close = get_close_matches(key, sorted(known), n=1, cutoff=_LIKELY)
    return f"Did you mean {close[0]}? {_elsewhere(close[0], None)}".rstrip() if close else ""


def _belongs(place: Place) -> str:
    return f"It belongs {'to' if place in _LISTS else 'under'} {_words(place, many=False)}."


def _place(path: Path) -> Place:
    return tuple(part for part in path if isinstance(part, str))


def _folded(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "")


def _value_at(data: Value, path: Path) -> Value:
    for part in path:
        if isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        elif isinstance(data, Mapping):
            data = data.get(str(part))
        else:
            return None
    return data


def _may_hold(field: FieldInfo, value: Value) -> bool:
    origin = get_origin(unwrapped(field.annotation))
    if isinstance(value, Mapping):
        return origin is dict or (model_in(field.annotation) is not None and origin is not tuple)
    if isinstance(value, list):
        return origin is tuple
    return value is None or (origin not in (dict, tuple) and model_in(field.annotation) is None)


@cache
def _schema() -> tuple[tuple[Place, str, FieldInfo], ...]:
    """Return every key below the top level: the map that takes it, the key, its field."""
    return tuple(entry for entry in _below((), ClusterConfig) if entry[0])


def _below(place: Place, model: type[Section]) -> Iterator[tuple[Place, str, FieldInfo]]:
    for key, field in model.fields_by_key().items():
        yield place, key, field
        inner = model_in(field.annotation)
        if inner is not None and not is_keyed(field.annotation):
            yield from _below((*place, key), inner)
