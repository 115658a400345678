"""What a state file holds beyond what this release understands: found when it is read, put back when it is written."""

from __future__ import annotations

from collections.abc import Mapping

from rke_py.state.certificates import REMARKS
from rke_py.state.json_text import JsonObject

_EACH = "*"
_MAY_GO: tuple[tuple[str, ...], ...] = (
    ("desiredState", "certificatesBundle", _EACH),
    ("currentState", "certificatesBundle", _EACH),
    ("rkePy", "hosts", _EACH),
    ("rkePy", "machines", _EACH),
    ("rkePy", "rotation"),
    ("rkePy", "rotation", "new", _EACH),
    ("rkePy", "restore"),
    ("rkePy", "encryption", "change"),
)
"""Where objects stand that come and go: what they hold is no use without them, and no state without all of it."""


def surplus(document: Mapping[str, object], understood: Mapping[str, object]) -> JsonObject:
    """Return what a document holds beside what was understood of it, in the document's own nesting.

    That is every key which the understood form lacks, and RKE's remarks on certificates where they differ.
    """
    found: JsonObject = {}
    for key, value in document.items():
        known = understood.get(key)
        if key not in understood or (key in REMARKS and value != known):
            found[key] = value
        elif isinstance(value, dict) and isinstance(known, dict) and (inner := surplus(value, known)):
            found[key] = inner
    return found


def with_surplus(understood: Mapping[str, object], extra: Mapping[str, object]) -> JsonObject:
    """Return the understood form with the surplus put back; what is understood wins over anything but a remark."""
    merged: JsonObject = dict(understood)
    for key, value in extra.items():
        known = merged.get(key)
        if isinstance(value, dict) and isinstance(known, dict):
            merged[key] = with_surplus(known, value)
        elif key not in merged or key in REMARKS:
            merged[key] = value
    return merged


def without_lost(extra: Mapping[str, object], understood: Mapping[str, object]) -> JsonObject:
    """Return the surplus without that of what is no longer there, or it would bring a part of it back."""
    left = dict(extra)
    for path in _MAY_GO:
        left = _without(left, understood, path)
    return left


def _without(extra: Mapping[str, object], understood: object, path: tuple[str, ...]) -> JsonObject:
    """Return the surplus without what stands at a path and is not among what was understood."""
    there = understood if isinstance(understood, Mapping) else {}
    first, rest = path[0], path[1:]
    left: JsonObject = {}
    for key, value in extra.items():
        if first not in (_EACH, key) or (rest and not isinstance(value, dict)):
            left[key] = value
        elif isinstance(value, dict) and rest:
            if inner := _without(value, there.get(key), rest):
                left[key] = inner
        elif key in there:
            left[key] = value
    return left
