"""Field types that read a scalar as RKE does: text keeps its source, booleans and numbers are not quoted."""

from __future__ import annotations

from typing import Annotated

import yaml
from pydantic import BeforeValidator, SecretStr
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
    number = plain_of(value) if isinstance(value, Scalar) and value.kind == "int" else None
    if isinstance(number, int):
        return number
    raise wrong("a whole number (without quotes)")


def count_or_share_of(value: object) -> int | str:
    """Return a count as a number, or a share as written: ``25%``."""
    text = text_of(value)
    if text.isdecimal():
        return int(text)
    if text.endswith("%") and text[:-1].isdecimal():
        return text
    raise wrong("a count such as 1 or a share such as 25%")


def plain_of(value: object) -> object:
    """Return the value as YAML means it, for parts that are handed on as they are."""
    if isinstance(value, dict):
        return {key: plain_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_of(item) for item in value]
    if isinstance(value, Scalar):
        node = yaml.ScalarNode(f"tag:yaml.org,2002:{value.kind}", str(value))
        match value.kind:
            case "bool":
                return _CONSTRUCTOR.construct_yaml_bool(node)
            case "int":
                return _CONSTRUCTOR.construct_yaml_int(node)
            case "float":
                return _CONSTRUCTOR.construct_yaml_float(node)
        return str(value)
    return value


Text = Annotated[str, BeforeValidator(text_of)]
Secret = Annotated[SecretStr, BeforeValidator(text_of)]
Flag = Annotated[bool, BeforeValidator(flag_of)]
Number = Annotated[int, BeforeValidator(number_of)]
CountOrShare = Annotated[int | str, BeforeValidator(count_or_share_of)]
Texts = tuple[Text, ...]
TextMap = dict[Text, Text]
