"""Keys that mean nothing any more, and those that never did: what is left out before the rest is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rke_py.config.findings import Finding, Path, spell_path
from rke_py.config.tree import Scalar, Value

OBSOLETE = (
    "auth",
    "enforce_docker_version",
    "authentication.options",
    "system_images.wave_node",
    *(f"system_images.{image}" for image in ("dashboard", "heapster", "grafana", "influxdb", "tiller")),
    *(
        f"network.options.{image}_image"
        for image in (
            *("flannel", "flannel_cni", "calico_node", "calico_cni", "calico_controllers", "calicoctl"),
            *("canal_node", "canal_cni", "canal_flannel", "weave_node", "weave_cni"),
        )
    ),
)
"""Keys of releases before 1.7, still common in old files."""


def without_obsolete(data: Mapping[str, Value]) -> tuple[dict[str, Value], list[Finding]]:
    """Return the file without obsolete and dot-prefixed keys, and a notice for each obsolete one that has a value."""
    kept = _copy(data)
    findings: list[Finding] = []
    for obsolete in OBSOLETE:
        for path, parent in _parents(kept, obsolete):
            value = parent.pop(str(path[-1]), None)
            if not is_empty(value):
                what = f"{spell_path(path)} is a key of older RKE releases and has no effect"
                findings.append(Finding(path=path, what=what, hint="Remove it.", warning=True, at_key=True))
    for key in [key for key in kept if key.startswith(".")]:
        del kept[key]  # a place to hang YAML anchors
    return kept, findings


def is_empty(value: Value) -> bool:
    """Tell whether a value asks for nothing: null, empty text, 0, false, or only such values inside."""
    if isinstance(value, Mapping):
        return all(is_empty(item) for item in value.values())
    if isinstance(value, Scalar):
        return value == "" or (value.kind in ("bool", "int") and value.lower() in ("false", "no", "off", "0"))
    return not value


def _copy(value: Mapping[str, Value]) -> dict[str, Value]:
    return {key: _copied(item) for key, item in value.items()}


def _copied(value: Value) -> Value:
    if isinstance(value, Mapping):
        return _copy(value)
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _parents(data: dict[str, Value], dotted: str) -> Iterator[tuple[Path, dict[str, Value]]]:
    """Yield each map in which the last key of the path may stand, with that key's whole path."""
    *parents, last = dotted.split(".")
    place: Value = data
    for part in parents:
        place = place.get(part) if isinstance(place, dict) else None
    if isinstance(place, dict):
        yield (*parents, last), place
