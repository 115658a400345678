"""Plain values → ``ClusterConfig``; what does not fit the schema becomes findings, and the rest is still checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError

from rke_py.config.findings import Finding, Path
from rke_py.config.misplaced import unknown_key
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.walk import is_sensitive
from rke_py.config.tree import Scalar, Value

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_WANTED = {
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
    "string_type": "one text",
}


def fit(data: Mapping[str, Value]) -> tuple[ClusterConfig, list[Finding], list[Path]]:
    """Fit the values to the schema, leaving out what does not.

    Returns:
        The configuration, the faults, and the paths left out because of them: what is said about those or what is
        inside them by a later check would only repeat the fault.
    """
    findings: list[Finding] = []
    left_out: list[Path] = []
    while True:
        try:
            return ClusterConfig.model_validate(data), findings, left_out
        except ValidationError as error:
            details = error.errors(include_url=False)
            paths = [_path(detail) for detail in details]
            findings += (_finding(path, detail, data) for path, detail in zip(paths, details, strict=True))
            left_out += paths
            data = _all_without(data, paths, [_wanted(detail) for detail in details])


def _path(detail: ErrorDetails) -> Path:
    return tuple(part for part in detail["loc"] if part != "[key]")


def _all_without(data: Mapping[str, Value], paths: Sequence[Path], wanted: Sequence[str]) -> Mapping[str, Value]:
    """Return the data without those paths; without anything when none of them could be cut out.

    An item of a list is replaced by an empty one of the kind that is wanted: without it the rest would move up.
    """
    rest = data
    for path, kind in zip(paths, wanted, strict=True):
        rest = cast("Mapping[str, Value]", _without(rest, path, {} if kind == _WANTED["dict_type"] else Scalar("")))
    return rest if rest != data else {}


def _without(value: Value, path: Path, empty: Value) -> Value:
    if not path:
        return empty
    first, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        if not rest:
            return {key: item for key, item in value.items() if key != first}
        return {key: _without(item, rest, empty) if key == first else item for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, rest, empty) if index == first else item for index, item in enumerate(value)]
    return value


def _finding(path: Path, detail: ErrorDetails, data: Mapping[str, Value]) -> Finding:
    if detail["type"] == "extra_forbidden":
        return unknown_key(path, data)
    wanted = _wanted(detail)
    secret = is_sensitive(path)
    found = _describe(detail["input"], secret)
    hint = ""
    if wanted == "a list" and isinstance(detail["input"], Scalar) and not secret:
        hint = f"Write it as a list: [{detail['input']}]"
    return Finding(path=path, what=f"{found} stands here; {wanted} is wanted", hint=hint)


def _wanted(detail: ErrorDetails) -> str:
    return detail["msg"] if detail["type"] == "wanted" else _WANTED.get(detail["type"], detail["msg"])


def _describe(value: object, secret: bool) -> str:
    if isinstance(value, Mapping):
        return "a map"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value)
    return "text" if secret or len(text) > 60 or "\n" in text else f"'{text}'"
