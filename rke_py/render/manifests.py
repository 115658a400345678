"""YAML manifests to Kubernetes objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import yaml

from rke_py.catalog.order import line_of
from rke_py.catalog.removed import removed
from rke_py.errors import Problem
from rke_py.render.text import render

KubernetesObject = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Document:
    """One document of a stream: which one, from which line on (both from 1), and its value."""

    number: int
    line: int
    value: object


def render_objects(template: str, values: Mapping[str, object]) -> tuple[KubernetesObject, ...]:
    """Return the objects of one of our own templates."""
    return _objects(render(template, values))


@lru_cache(maxsize=64)
def _objects(text: str) -> tuple[KubernetesObject, ...]:
    """Parse a text once: a run renders the same add-ons several times, and nobody writes into an object."""
    return tuple(document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document)


def read_manifests(
    name: str, text: str, minor: tuple[int, int] | None = None
) -> tuple[tuple[KubernetesObject, ...], tuple[Problem, ...]]:
    """Return the objects of a user's manifests, and what is wrong with them.

    A ``List`` is taken apart; empty documents are left out.

    Args:
        name: What the operator knows the text by; the faults name it, the document and the line.
        text: YAML documents.
        minor: The minor release that has to serve them; None when that is not known.
    """
    try:
        documents = list(_documents(text))
    except yaml.YAMLError as error:
        return (), (_syntax_problem(name, error),)
    objects: list[KubernetesObject] = []
    problems: list[Problem] = []
    for document in documents:
        where = f"{name}:{document.line} (document {document.number})"
        for item in _items(document.value):
            if isinstance(item, Mapping) and not (lacking := _lacking(item)):
                objects.append(item)
                problems += _gone(where, item, minor)
            else:
                what = f"{lacking} is missing" if isinstance(item, Mapping) else "is not a Kubernetes object"
                problems.append(
                    Problem(where=where, what=what, hint="Each document needs apiVersion, kind and metadata")
                )
    return tuple(objects), tuple(problems)


def _gone(where: str, item: Mapping[str, object], minor: tuple[int, int] | None) -> Iterator[Problem]:
    """Find that a release does not serve the kind in this API version any more."""
    api_version, kind = str(item["apiVersion"]), str(item["kind"])
    row = removed(api_version, kind, minor) if minor else None
    if row is not None and minor is not None:
        what = f"Kubernetes {line_of(minor)} does not serve {api_version} {kind}, removed in v1.{row.since[1]}"
        hint = f"Write it for apiVersion: {row.instead}." if row.instead else "Nothing takes its place: remove it."
        yield Problem(where=where, what=what, hint=hint)


def _documents(text: str) -> Iterator[_Document]:
    """Yield the documents that are not empty."""
    loader = yaml.CSafeLoader(text)
    try:
        number = 0
        while loader.check_node():
            number += 1
            node = loader.get_node()
            value = None if node is None else loader.construct_document(node)
            if node is not None and value is not None:
                yield _Document(number, node.start_mark.line + 1, value)
    finally:
        loader.dispose()


def _items(value: object) -> list[object]:
    """Return the objects of a ``List``, or the object itself."""
    if isinstance(value, Mapping) and value.get("kind") == "List" and isinstance(value.get("items"), list):
        return list(value["items"])
    return [value]


def _lacking(item: Mapping[str, object]) -> str:
    """Return the first field an object cannot be applied without that this one lacks."""
    for field in ("apiVersion", "kind"):
        if not isinstance(item.get(field), str) or not item[field]:
            return field
    metadata = item.get("metadata")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str) or not metadata["name"]:
        return "metadata.name"
    return ""


def _syntax_problem(name: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
    return Problem(where=where, what=f"not YAML: {getattr(error, 'problem', None) or error}")
