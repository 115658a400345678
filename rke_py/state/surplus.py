"""What a state file holds beyond what this release understands: found when it is read, put back when it is written."""

from __future__ import annotations

from collections.abc import Mapping

from rke_py.state.certificates import REMARKS
from rke_py.state.json_text import JsonObject

HALVES = ("desiredState", "currentState")
_BUNDLE = "certificatesBundle"


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


def without_lost_certificates(extra: Mapping[str, object], understood: Mapping[str, object]) -> JsonObject:
    """Return the surplus without that of certificates which are no longer there, or it would bring them back."""
    return {key: _half(value, understood[key]) if key in HALVES else value for key, value in extra.items()}


def _half(extra: object, understood: object) -> object:
    if not isinstance(extra, dict) or not isinstance(understood, dict):
        return extra
    names = understood.get(_BUNDLE, {})
    left = {name: value for name, value in extra.get(_BUNDLE, {}).items() if name in names}
    return {**{key: value for key, value in extra.items() if key != _BUNDLE}, **({_BUNDLE: left} if left else {})}
