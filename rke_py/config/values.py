"""Field types that read a scalar as RKE does: text keeps its source, booleans and numbers are not quoted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, SecretStr
from pydantic import Secret as Hidden
from pydantic_core import PydanticCustomError

from rke_py.config.tree import Scalar

_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_BOOLEANS = {"y": True, "yes": True, "true": True, "on": True, "n": False, "no": False, "false": False, "off": False}


def wrong(wanted: str) -> PydanticCustomError:
    """Return the fault that names what should stand there instead."""
    return PydanticCustomError("wanted", "{wanted}", {"wanted": wanted})


def text_of(value: object) -> str:
    """Return the scalar's source text; null inside a map or list is empty, as in RKE."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise wrong("one text")


def flag_of(value: object) -> bool:
    """Return the boolean that YAML 1.1 reads in the scalar."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Scalar):
        meaning = _BOOLEANS.get(value.lower())
        if meaning is not None and (value.kind == "bool" or len(value) == 1):
            return meaning
    raise wrong("true or false (without quotes)")


def number_of(value: object) -> int:
    """Return the whole number that YAML 1.1 reads in the scalar."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        if isinstance(value, Scalar) and value.kind == "int":
            return int(_CONSTRUCTOR.construct_yaml_int(yaml.ScalarNode("tag:yaml.org,2002:int", str(value))))
    except ValueError:  # YAML 1.1 takes 0x_ for a number, and there is none in it
        pass
    raise wrong("a whole number (without quotes)")


def count_or_share_of(value: object) -> int | str:
    """Return a count as a number, or a share as written: ``25%``."""
    text = text_of(value)
    if text.isdecimal():
        return int(text)
    if text.endswith("%") and text[:-1].isdecimal():
        return text
    raise wrong("a count such as 1 or a share such as 25%")


def object_of(value: object) -> dict[str, Any]:
    """Return a map of Kubernetes' own kind, its scalars as YAML reads them."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    raise wrong("a map")


def plain(value: object) -> Any:
    """Return a value with every scalar as YAML 1.1 reads it; dates stay text, as they do in JSON."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if not isinstance(value, Scalar):
        return value
    if value.kind == "bool":
        return flag_of(value)
    if value.kind == "int":
        return number_of(value)
    if value.kind == "float":
        return float(_CONSTRUCTOR.construct_yaml_float(yaml.ScalarNode("tag:yaml.org,2002:float", str(value))))
    return str(value)


@dataclass(frozen=True, slots=True)
class Sensitive:
    """Marks a field whose value is never shown."""


SENSITIVE = Sensitive()

Text = Annotated[str, BeforeValidator(text_of)]
SensitiveText = Annotated[str, BeforeValidator(text_of), SENSITIVE]
"""Text that may carry a password, such as ``NAME=VALUE`` or a URL; unlike a ``Secret`` it is an ordinary string."""

Secret = Annotated[SecretStr, BeforeValidator(text_of), SENSITIVE]
KubernetesObject = Annotated[dict[str, Any], BeforeValidator(object_of)]
SensitiveObject = Annotated[dict[str, Any], BeforeValidator(object_of), SENSITIVE]
SecretObject = Annotated[Hidden[dict[str, Any]], BeforeValidator(object_of), SENSITIVE]
Flag = Annotated[bool, BeforeValidator(flag_of)]
Number = Annotated[int, BeforeValidator(number_of)]
CountOrShare = Annotated[int | str, BeforeValidator(count_or_share_of)]
Texts = tuple[Text, ...]
TextMap = dict[Text, Text]
