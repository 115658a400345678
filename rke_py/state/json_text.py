"""JSON as the state file has it: read strictly, written as RKE (Go) writes it, with a checksum over the meaning."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from hashlib import sha256
from typing import NoReturn

from pydantic_core import PydanticSerializationError, to_json

JsonObject = dict[str, object]

_GO_ESCAPES = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}
"""What Go's encoder writes as an escape; it can only occur inside strings."""


def read_object(data: bytes) -> JsonObject:
    """Read one JSON object: UTF-8, no key twice, no NaN.

    Raises:
        ValueError: When it is anything else; the message names the place and shows none of the content.
    """
    try:
        document = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse,
            parse_float=_finite,
        )
        to_json(document)
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except (PydanticSerializationError, RecursionError):
        raise ValueError("it has half characters or nests too deeply, and could not be written again") from None
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")
    return document


def write_object(document: Mapping[str, object]) -> bytes:
    """Write a JSON object with two spaces of indentation and Go's escapes, without a last newline."""
    return to_json(document, indent=2).decode().translate(_GO_ESCAPES).encode()


def canonical(document: object) -> bytes:
    """Write a JSON value so that equal values are equal bytes: sorted keys, no spaces."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def checksum(document: Mapping[str, object]) -> str:
    """Return a digest of what a document says, whatever its spaces and the order of its keys."""
    return f"sha256:{sha256(canonical(document)).hexdigest()}"


def _without_duplicates(pairs: list[tuple[str, object]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse(_text: str) -> NoReturn:
    raise ValueError("a number is not a number")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)
