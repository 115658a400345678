"""Documents of Kubernetes inside cluster.yml: their kind, and lists in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rke_py.config.findings import Finding, Path


def map_findings(path: Path, value: object) -> Iterator[Finding]:
    """Check that a value is a list of maps, when there is one."""
    if value is not None and not (isinstance(value, list) and all(isinstance(item, Mapping) for item in value)):
        yield Finding(path=path, what=f"the {path[-1]} are not a list of maps", hint="Begin each entry with a dash.")


def kind_findings(path: Path, document: Mapping[str, Any], kind: str, *, required: bool = False) -> Iterator[Finding]:
    """Check the kind of a document; where it may be left out, it is filled in."""
    given = document.get("kind")
    if given != kind and (required or given):
        found = f"kind {given}" if given else "no kind"
        yield Finding(path=(*path, "kind"), what=f"this has {found}; {kind} is wanted", hint=f"Write kind: {kind}.")
    if required and not document.get("apiVersion"):
        hint = "Write apiVersion: apiserver.config.k8s.io/v1."
        yield Finding(path=(*path, "apiVersion"), what="this has no apiVersion", hint=hint)
