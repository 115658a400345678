"""Which private registry an image belongs to."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.images_model import Registry

_DOCKER_HUB = "docker.io"


def login_of(image: str, registries: Iterable[Registry]) -> Registry | None:
    """Return the registry whose credentials a pull of the image shows; None for an anonymous pull.

    It is the entry with credentials whose ``url`` is the longest beginning of the image's full name, the last one of
    several. RKE wanted the path to end exactly two parts before the image's end and pulled anonymously otherwise; what
    it matched is matched here too.
    """
    name = _full_name(image)
    matching = [registry for registry in registries if registry.user and f"{name}/".startswith(f"{registry.place}/")]
    return max(reversed(matching), key=lambda registry: len(registry.place), default=None)


def _full_name(image: str) -> str:
    """Return the image's name with its registry, which is Docker Hub where none is named."""
    first, _, rest = image.partition("/")
    named = bool(rest) and ("." in first or ":" in first or first == "localhost")
    return image if named else f"{_DOCKER_HUB}/{image}"


def registry_of(image: str, registries: Iterable[Registry]) -> Registry | None:
    """Return the registry that RKE takes an image's login from, with or without one; None when it takes none.

    Its ``url`` is the image's host, with those parts of a longer path that stand before the last two.
    """
    host, _, path = _full_name(image).partition("/")
    parts = path.split("/")
    url = "/".join((host, *parts[:-2]))
    return next((registry for registry in reversed(tuple(registries)) if registry.url == url), None)
