"""What Docker says while it pulls or loads an image: bytes done, or why it failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Progress = Callable[[int, int], None]

_DOWNLOADED = frozenset({"Verifying Checksum", "Download complete", "Extracting", "Pull complete"})

_LIMITED = "The registry limits pulls: log in with private_registries, or use a mirror."
_HINTS = {
    "unauthorized": "Set user and password of that registry in private_registries.",
    "denied": "Set user and password of that registry in private_registries, or check the image's name.",
    "no basic auth": "Set user and password of that registry in private_registries.",
    "manifest unknown": "Check the image's name and tag in system_images.",
    "not found": "Check the image's name and tag in system_images.",
    "x509": "Give the registry's CA to the host: /etc/docker/certs.d/REGISTRY/ca.crt",
    "server gave http response": "Add the registry to insecure-registries in /etc/docker/daemon.json on the host.",
    "no such host": "The host cannot resolve the registry's name: check its resolv.conf, or its Docker's proxy.",
    "connection refused": "The registry does not run, or the host cannot reach it.",
    "timeout": "The host cannot reach the registry: check routes, firewalls and its Docker's proxy.",
    "deadline exceeded": "The host cannot reach the registry: check routes, firewalls and its Docker's proxy.",
    "toomanyrequests": _LIMITED,
    "too many requests": _LIMITED,
    "no space left on device": "Free space below Docker's data root on the host (docker system df).",
}


_LATER = (
    *("toomanyrequests", "too many requests", "bad gateway", "service unavailable", "gateway timeout"),
    *("connection reset", "unexpected eof", "handshake timeout", "i/o timeout"),
)


class PullFailed(Exception):
    """Docker's own words about a failed pull or load."""


def follow(events: Iterable[Mapping[str, Any]], progress: Progress | None) -> None:
    """Read the stream to its end.

    Args:
        events: Docker's JSON objects.
        progress: Is told bytes done and total over all layers that have begun; the total grows while it learns.

    Raises:
        PullFailed: The stream said that it failed.
    """
    layers: dict[str, tuple[int, int]] = {}
    for event in events:
        if "error" in event or "errorDetail" in event:
            detail = event.get("errorDetail") or {}
            raise PullFailed(str(detail.get("message") or event.get("error")))
        if progress and _advance(layers, event):
            progress(sum(done for done, _ in layers.values()), sum(total for _, total in layers.values()))


def pull_hint(words: str) -> str:
    """Return what mends a failed pull; empty when its words are not known."""
    said = words.lower()
    return next((hint for key, hint in _HINTS.items() if key in said), "")


def comes_later(words: str) -> bool:
    """Tell whether a failed pull may work when it is tried again; a host that cannot even connect has another fault."""
    said = words.lower()
    return "dial tcp" not in said and any(word in said for word in _LATER)


def _advance(layers: dict[str, tuple[int, int]], event: Mapping[str, Any]) -> bool:
    layer, status = event.get("id", ""), event.get("status", "")
    detail = event.get("progressDetail") or {}
    before = layers.get(layer)
    if status == "Downloading" and detail.get("total"):
        layers[layer] = (int(detail.get("current", 0)), int(detail["total"]))
    elif status in _DOWNLOADED and before:
        layers[layer] = (before[1], before[1])
    return layers.get(layer) != before
