"""Secrets that are not written in cluster.yml: ``${NAME}`` from the environment, and ``KEY_file`` beside every key.

Nothing is read here: what the environment holds and how a file is read is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.walk import SECRET_OPTIONS, is_keyed, marks_of, model_in, unwrapped
from rke_py.config.tree import Scalar, Value

FILE = "_file"
_REFERENCE = re.compile(r"\$(?P<literal>\$\{)|\$\{(?P<name>[^}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Unreadable(Exception):
    """A file that cannot be read, and why; raised by ``Outside.read``."""


def _nothing(_path: str) -> str:
    raise Unreadable("files are not read here")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What lies outside of the file.

    Attributes:
        environment: Variables by name.
        read: Returns the text of a file, named as in cluster.yml; raises Unreadable.
    """

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    read: Callable[[str], str] = _nothing


NOTHING = Outside()


def file_key(model: type[Section], key: str) -> str | None:
    """Return the key of the file that a secret of a map may be in; None where there is another way, or no secret."""
    known = model.fields_by_key()
    secret = key in known and unwrapped(known[key].annotation) is SecretStr
    return f"{key}{FILE}" if secret and f"{key}_path" not in known else None


def filled(data: Mapping[str, Value], outside: Outside) -> tuple[dict[str, Value], list[Finding]]:
    """Return the file with every secret in its place, and what could not be had."""
    filler = _Filler(outside)
    return filler.section(data, ClusterConfig, ()), filler.findings


@cache
def _files(model: type[Section]) -> Mapping[str, str]:
    return {name: key for key in model.fields_by_key() if (name := file_key(model, key)) is not None}


class _Filler:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.findings: list[Finding] = []

    def section(self, data: Mapping[str, Value], model: type[Section], path: Path) -> dict[str, Value]:
        fields = model.fields_by_key()
        files = _files(model)
        whole: dict[str, Value] = {}
        for key, value in data.items():
            place = (*path, key)
            if key in whole and value in (None, ""):
                continue  # it is in a file
            if key in fields:
                whole[key] = self._field(value, fields[key], place)
            elif key in files:
                self._file(files[key], value, data, place, whole)
            else:
                whole[key] = value
        return whole

    def _field(self, value: Value, field: FieldInfo, path: Path) -> Value:
        model = model_in(field.annotation)
        if path == ("network", "options") and isinstance(value, Mapping):
            return {
                key: self._substituted(item, (*path, key)) if key in SECRET_OPTIONS else item
                for key, item in value.items()
            }
        if any(mark.from_outside for mark in marks_of(field)):
            return self._substituted(value, path)
        if model is None:
            self._warn(value, field, path)
            return value
        if isinstance(value, list):
            return [
                self.section(item, model, (*path, index)) if isinstance(item, Mapping) else item
                for index, item in enumerate(value)
            ]
        if isinstance(value, Mapping) and is_keyed(field.annotation):
            return {
                key: self.section(item, model, (*path, key)) if isinstance(item, Mapping) else item
                for key, item in value.items()
            }
        return self.section(value, model, path) if isinstance(value, Mapping) else value

    def _substituted(self, value: Value, path: Path) -> Value:
        if isinstance(value, Mapping):
            return {key: self._substituted(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._substituted(item, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, Scalar) or "${" not in value:
            return value
        return Scalar(_REFERENCE.sub(lambda found: self._variable(found, path), value))

    def _variable(self, found: re.Match[str], path: Path) -> str:
        name = found["name"]
        if found["literal"]:
            return "${"
        if not _NAME.match(name):
            hint = "Write ${NAME}, or $${ for these two characters themselves."
            self.findings.append(Finding(path=path, what="this is not the name of a variable", hint=hint))
        elif name not in self._outside.environment:
            hint = f"Set it before rke-py is started, or write $${{{name}}} for the text itself."
            self.findings.append(Finding(path=path, what=f"the environment has no variable {name}", hint=hint))
        else:
            return self._outside.environment[name]
        return "?"

    def _warn(self, value: Value, field: FieldInfo, path: Path) -> None:
        """Warn of what looks like a variable where none is looked up; manifests may well hold such text."""
        if (
            isinstance(value, Scalar)
            and not marks_of(field)
            and (found := _REFERENCE.fullmatch(value))
            and found["name"]
        ):
            what = f"{value} is taken as it is written: only secrets come from the environment"
            self.findings.append(Finding(path=path, what=what, hint="Write the value.", warning=True))

    def _file(self, key: str, value: Value, data: Mapping[str, Value], path: Path, whole: dict[str, Value]) -> None:
        if value is None or value == "":
            return
        given = data.get(key)
        if given not in (None, ""):
            self.findings.append(Finding(path=path, what=f"{key} is here too", hint="Keep one of them.", at_key=True))
        elif not isinstance(value, Scalar):
            self.findings.append(Finding(path=path, what="the name of one file is wanted here"))
        else:
            try:
                whole[key] = Scalar(self._outside.read(value).removesuffix("\n").removesuffix("\r"))
            except Unreadable as reason:
                hint = "The path begins at the folder of cluster.yml."
                self.findings.append(Finding(path=path, what=f"{value} cannot be read: {reason}", hint=hint))
                whole[key] = Scalar("?")
