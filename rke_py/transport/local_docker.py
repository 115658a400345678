"""Docker on the operator's own machine, where images are built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from rke_py.errors import RkeError

_LAST_LINES = 20
_NO_DOCKER = "Images are built by Docker on this machine: is it running, and may you use it? DOCKER_HOST names another."


class ImageBuilder(Protocol):
    """Builds images and hands them on."""

    def build(self, folder: Path, tag: str, arguments: Mapping[str, str]) -> None:
        """Build a folder's Dockerfile and give the image a name; raises RkeError with the last lines of the build."""

    def push(self, tag: str) -> None:
        """Push an image to its registry, with the login that Docker remembers; raises RkeError."""

    def save(self, tag: str) -> Iterable[bytes]:
        """Return the image as an archive that ``docker load`` takes."""


class LocalDocker:
    """The Docker that ``DOCKER_HOST`` names, or the one of this machine."""

    def build(self, folder: Path, tag: str, arguments: Mapping[str, str]) -> None:
        """Build a folder's Dockerfile and give the image a name."""
        with _client() as api:
            answer = api.build(path=str(folder), tag=tag, buildargs=dict(arguments), rm=True, forcerm=True, decode=True)
            follow(answer, f"building {tag}")

    def push(self, tag: str) -> None:
        """Push an image to its registry."""
        with _client() as api:
            follow(api.push(tag, stream=True, decode=True), f"pushing {tag}")

    def save(self, tag: str) -> Iterable[bytes]:
        """Return the image as an archive."""
        with _client() as api:
            yield from api.get_image(tag)


@contextmanager
def _client() -> Iterator[Any]:
    import docker
    import requests
    import urllib3

    try:
        client = docker.from_env()
        try:
            yield client.api
        finally:
            client.close()
    except (docker.errors.DockerException, requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise RkeError(f"Docker on this machine failed: {error}", hint=_NO_DOCKER) from error


def follow(answer: Iterable[Mapping[str, Any]], doing: str) -> None:
    """Read the answer to a build or push to its end.

    Raises:
        RkeError: It failed: Docker answers 200 and puts that into the stream; the lines before it are the evidence.
    """
    said: list[str] = []
    for part in answer:
        said += str(part.get("stream") or part.get("status") or "").splitlines()
        del said[:-_LAST_LINES]
        if "error" in part:
            raise RkeError(f"{doing} failed: {part['error']}", evidence=[line for line in said if line.strip()])
