"""What a plain scalar means to RKE: the rules of its YAML library (YAML 1.1, with a few exceptions), not PyYAML's.

They differ where it hurts: ``22:22`` is text here and a number of minutes there, ``1e3`` a number here and text there.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_BOOLEANS = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INT = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_SPECIAL = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z")
_LARGEST = 2**64
_WHOLE = 10**21
"""From here on Go writes a number with an exponent."""


def kind_of(text: str) -> str:
    """Return what an unquoted scalar is: null, bool, int, float or str."""
    if text in _NULLS:
        return "null"
    first = text[0]
    if first in "yYnNtTfFoO":
        return "bool" if text in _BOOLEANS else "str"
    if not (first in "+-." or first.isdigit()):
        return "str"
    if _SPECIAL.match(text):
        return "float"
    plain = text.replace("_", "")
    if _INT.match(plain) and -_LARGEST // 2 <= whole(plain) < _LARGEST:
        return "int"
    return "float" if _FLOAT.match(plain) else "str"


def is_tagged_text(text: str) -> bool:
    """Tell whether a scalar that PyYAML left as text looks like another kind, so that a tag made it text."""
    resolvers = yaml.resolver.Resolver.yaml_implicit_resolvers
    candidates = resolvers.get(text[:1], []) if text else resolvers.get("", [])
    return any(pattern.match(text) for _, pattern in candidates)


def boolean(text: str) -> bool:
    """Return the meaning of a scalar of kind bool."""
    return _BOOLEANS[text]


def whole(text: str) -> int:
    """Return the meaning of a scalar of kind int; a leading zero makes it octal."""
    plain = text.replace("_", "").lower()
    digits = plain.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        plain = plain.replace(digits, f"0o{digits[1:]}")
    return int(plain, 0)


def fractional(text: str) -> float:
    """Return the meaning of a scalar of kind float, ``.inf`` and ``.nan`` included."""
    return float(text.replace(".", "") if _SPECIAL.match(text) else text.replace("_", ""))


def meaning(text: str, kind: str) -> Any:
    """Return the value of a scalar as JSON has it; dates are text there."""
    if kind == "bool":
        return boolean(text)
    if kind == "int":
        return whole(text)
    if kind == "float":
        value = fractional(text)
        return int(value) if value.is_integer() and abs(value) < _WHOLE else value
    return None if kind == "null" else text


def normalised(text: str, kind: str) -> str:
    """Return the text that is left of a scalar after RKE wrote the file anew: 0022 becomes 18, yes becomes true."""
    value = meaning(text, kind)
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
