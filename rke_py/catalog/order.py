"""How versions compare: semantic versions, with ``-rancherN-M`` as one pre-release word that compares as text.

So ``v1.20.15-rancher1-10`` comes before ``v1.20.15-rancher1-2``, and a plain ``v1.30.0`` after every
``v1.30.0-rancher…``; RKE's ranges are written with that in mind (``>=1.30.0-rancher0``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt

Order = tuple[tuple[int, int, int], tuple[tuple[int, int, str], ...]]
"""What a version sorts by."""

Minor = tuple[int, int]
"""A minor release: ``(1, 28)``."""

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\Z", re.ASCII)
_BOUND = re.compile(r"(>=|<=|>|<)\s*(\S+)", re.ASCII)
_FINAL = ((2, 0, ""),)
_COMPARE: Mapping[str, Callable[[Order, Order], bool]] = {">=": ge, "<=": le, ">": gt, "<": lt}


def order(version: str) -> Order | None:
    """Return what a version sorts by; None when the text is not a version."""
    match = _VERSION.match(version)
    if match is None:
        return None
    major, minor, patch, words = match.groups()
    return (int(major), int(minor), int(patch)), tuple(map(_word, words.split("."))) if words else _FINAL


def order_of(version: str) -> Order:
    """Return what a version that is known to be one sorts by; raises ValueError for anything else."""
    found = order(version)
    if found is None:
        raise ValueError(f"{version} is not a version")
    return found


def in_range(version: str, bounds: str) -> bool:
    """Tell whether a version is within bounds such as ``>=1.22.0-rancher0 <1.23.0-rancher1-1``."""
    found = order_of(version)
    return all(_COMPARE[sign](found, order_of(bound)) for sign, bound in _BOUND.findall(bounds))


def version_in_tag(image: str) -> str:
    """Return the version that an image's tag tells, ``v1.34.4``; empty when it tells none."""
    tag = image.partition("@")[0].rpartition(":")[2]
    return tag if order(tag) else ""


def minor_of(version: str) -> Minor | None:
    """Return ``(1, 28)`` of a version; None when the text is not one."""
    found = order(version)
    return found[0][:2] if found else None


def line_of(minor: Minor) -> str:
    """Return how a minor release is called: ``v1.28``."""
    return f"v{minor[0]}.{minor[1]}"


def _word(word: str) -> tuple[int, int, str]:
    return (0, int(word), "") if word.isdigit() else (1, 0, word)
