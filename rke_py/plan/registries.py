"""Which private registry an image belongs to."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.model import Registry

_DOCKER_HUB = "docker.io"


def registry_url(image: str) -> str:
    """Return the part of an image's name that ``private_registries[].url`` is compared with, by RKE's rule.

    The registry's host, and the leading path without the last two parts: ``repo.com/a/b/rancher/x`` gives
    ``repo.com/a/b``, ``repo.com/x`` gives ``repo.com``, ``rancher/x`` gives ``docker.io``.
    """
    first, _, rest = image.partition("/")
    named = rest and ("." in first or ":" in first or first == "localhost")
    domain, path = (first, rest) if named else (_DOCKER_HUB, image)
    return "/".join((domain, *path.split("/")[:-2]))


def login_of(image: str, registries: Iterable[Registry]) -> Registry | None:
    """Return the registry whose credentials a pull of the image shows; None for an anonymous pull."""
    url = registry_url(image)
    matching = [registry for registry in registries if registry.url == url and registry.user]
    return matching[-1] if matching else None
