"""The spellings that Docker takes for one image; pure."""

from __future__ import annotations

_HUB = "docker.io/"
_OFFICIAL = "library/"


def spellings(name: str) -> tuple[str, ...]:
    """Return the names an image may be asked for by, given the short one that Docker lists.

    ``busybox:1`` is also ``library/busybox:1`` and ``docker.io/library/busybox:1``; a name that begins with a registry
    has no other.
    """
    first, slash, _ = name.partition("/")
    if slash and (first == "localhost" or "." in first or ":" in first):
        return (name,)
    if slash:
        return (name, _HUB + name)
    return (name, _OFFICIAL + name, _HUB + name, _HUB + _OFFICIAL + name)
