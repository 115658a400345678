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


Text = Annotated[str, BeforeValidator(text_of)]
Secret = Annotated[SecretStr, BeforeValidator(text_of)]
Flag = Annotated[bool, BeforeValidator(flag_of)]
Number = Annotated[int, BeforeValidator(number_of)]
CountOrShare = Annotated[int | str, BeforeValidator(count_or_share_of)]
Texts = tuple[Text, ...]
TextMap = dict[Text, Text]
