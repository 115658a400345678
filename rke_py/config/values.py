"""Field types that read a scalar as RKE does: text keeps its source, booleans and numbers are not quoted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr
from pydantic import Secret as Hidden
from pydantic_core import PydanticCustomError

from rke_py.config.scalars import boolean, meaning
from rke_py.config.tree import Scalar


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
    """Return the boolean that RKE reads in the scalar."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Scalar) and value.kind == "bool":
        return boolean(value)
    raise wrong("true or false (without quotes)")


def number_of(value: object) -> int:
    """Return the whole number that RKE reads in the scalar; ``1e3`` is one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Scalar) and value.kind in ("int", "float"):
        number = meaning(value, value.kind)
        if isinstance(number, int):
            return number
    raise wrong("a whole number (without quotes)")


def count_or_share_of(value: object) -> int | str:
    """Return a count as a number, or a share without leading zeros: ``25%``."""
    text = text_of(value)
    if _is_number(text):
        return int(text)
    if text.endswith("%") and _is_number(text[:-1]):
        return f"{int(text[:-1])}%"
    raise wrong("a count such as 1 or a share such as 25%")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def object_of(value: object) -> dict[str, Any]:
    """Return a map of Kubernetes' own kind, its scalars as YAML reads them."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    raise wrong("a map")


def plain(value: object) -> Any:
    """Return a value with every scalar as RKE reads it where no kind is asked for."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return meaning(str(value), value.kind) if isinstance(value, Scalar) else value


@dataclass(frozen=True, slots=True)
class Sensitive:
    """Marks a field whose value is never shown; ``from_outside``: it may come from the environment or a file."""

    from_outside: bool = True


SENSITIVE = Sensitive()

Text = Annotated[str, BeforeValidator(text_of)]
SensitiveText = Annotated[str, BeforeValidator(text_of), SENSITIVE]
"""Text that may carry a password, such as ``NAME=VALUE`` or a URL; unlike a ``Secret`` it is an ordinary string."""

Secret = Annotated[SecretStr, BeforeValidator(text_of), SENSITIVE]
HiddenText = Annotated[str, BeforeValidator(text_of), Sensitive(from_outside=False)]
"""Text that may hold a secret, in which ``${NAME}`` has a meaning of its own."""

KubernetesObject = Annotated[dict[str, Any], BeforeValidator(object_of)]
SensitiveObject = Annotated[dict[str, Any], BeforeValidator(object_of), SENSITIVE]
SecretObject = Annotated[Hidden[dict[str, Any]], BeforeValidator(object_of), SENSITIVE]
Flag = Annotated[bool, BeforeValidator(flag_of)]
Number = Annotated[int, BeforeValidator(number_of)]
CountOrShare = Annotated[int | str, BeforeValidator(count_or_share_of)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(lambda value: () if value is None else value)]
"""A list of texts; null is an empty one, also inside a map."""

TextMap = dict[Text, Text]
