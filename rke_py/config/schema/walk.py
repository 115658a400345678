"""From a path into cluster.yml to what the schema says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from rke_py.config.findings import Path
from rke_py.config.schema.base import Section
from rke_py.config.schema.cluster import ClusterConfig
from rke_py.config.values import Sensitive

SECRET_OPTIONS = frozenset({"WeavePassword", "aci_token", "aci_apic_user_key", "aci_kafka_client_key"})
"""Entries of ``network.options`` that are secrets."""


def fields_along(path: Sequence[str | int]) -> Iterator[FieldInfo]:
    """Yield the field of every key on the path, from the top, as far as the schema knows it."""
    model: type[Section] | None = ClusterConfig
    free = False
    for part in path:
        if isinstance(part, int):
            continue
        if free:
            free = False
            continue
        field = model.fields_by_key().get(part) if model else None
        if field is None:
            return
        yield field
        model = model_in(field.annotation)
        free = is_keyed(field.annotation)


def is_sensitive(path: Path) -> bool:
    """Tell whether what stands at the path, or around it, must not be shown."""
    if path[:2] == ("network", "options") and path[-1] in SECRET_OPTIONS:
        return True
    return any(marks_of(field) for field in fields_along(path))


def marks_of(field: FieldInfo) -> list[Sensitive]:
    """Return the marks of a field that holds something that must not be shown; none for any other."""
    return [mark for mark in (*field.metadata, *_marks(field.annotation)) if isinstance(mark, Sensitive)]


def model_at(model: type[Section], path: Sequence[str | int]) -> type[Section] | None:
    """Return the model of the map that stands at the path; None for a map of free keys."""
    found: type[Section] | None = model
    free = False
    for part in path:
        if isinstance(part, int):
            continue
        if free:
            free = False
            continue
        field = found.fields_by_key().get(part) if found else None
        if field is None:
            return None
        found = model_in(field.annotation)
        free = is_keyed(field.annotation)
    return None if free else found


def model_in(annotation: object) -> type[Section] | None:
    """Return the model of a map, of the maps of a list, or of the maps under free keys."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((model for model in map(model_in, get_args(annotation)) if model is not None), None)


def is_keyed(annotation: object) -> bool:
    """Tell whether the type is a map of free keys, such as labels or the servers of vSphere."""
    plain = unwrapped(annotation)
    return get_origin(plain) is dict


def unwrapped(annotation: Any) -> Any:
    """Return a type without None and without what it is validated by."""
    left = [part for part in get_args(annotation) if part is not NoneType]
    if NoneType in get_args(annotation) and len(left) == 1:
        return unwrapped(left[0])
    return unwrapped(annotation.__origin__) if hasattr(annotation, "__metadata__") else annotation


def _marks(annotation: object) -> Iterator[object]:
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _marks(part)
