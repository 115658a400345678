"""What RKE does to a file with ``custom_config``: it writes the rest anew and reads that, so that 0022 becomes 18.

A running cluster has what came of it, so files of RKE's own releases are read the same way; others as they are written.
"""

from __future__ import annotations

from collections.abc import Mapping

from rke_py.config.findings import Finding, Path, spell_path
from rke_py.config.scalars import normalised
from rke_py.config.tree import Scalar, Value

_CUSTOM: Path = ("services", "kube-api", "secrets_encryption_config", "custom_config")
_SHOWN = 5


def written_anew(data: Mapping[str, Value]) -> tuple[Mapping[str, Value], list[Finding]]:
    """Return the data as RKE sees them, and a notice that names what changes by it."""
    version = data.get("kubernetes_version")
    if not isinstance(version, str) or "-rancher" not in version or not isinstance(_custom(data), Mapping):
        return data, []
    changed: list[str] = []
    anew = _anew(data, (), changed)
    if not changed or not isinstance(anew, Mapping):
        return data, []
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    what = f"RKE writes a file with custom_config anew, which changes {', '.join(changed[:_SHOWN])}{more}"
    hint = "Put these values in quotes to keep them as they are, or write what they become."
    return anew, [Finding(path=_CUSTOM, what=what, hint=hint, warning=True, at_key=True)]


def _custom(data: Value) -> Value:
    for key in _CUSTOM:
        data = data.get(str(key)) if isinstance(data, Mapping) else None
    return data


def _anew(value: Value, path: Path, changed: list[str]) -> Value:
    if path == _CUSTOM:
        return value
    if isinstance(value, Mapping):
        return {key: _anew(item, (*path, key), changed) for key, item in value.items()}
    if isinstance(value, list):
        return [_anew(item, (*path, index), changed) for index, item in enumerate(value)]
    if not isinstance(value, Scalar) or value.kind == "str":
        return value
    text = normalised(value, value.kind)
    if text != value and value.kind != "bool":
        changed.append(f"{spell_path(path)} to {text}")
    return Scalar(text, value.kind)
