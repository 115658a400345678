"""Brings the images of pods that run in Docker to containerd, without asking a registry for what the host has.

Docker writes each as ``docker save`` does, containerd's own program reads it: none of it is kept in between. What
Docker does not have is pulled.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import IO, Any, Protocol
from urllib.parse import quote

from typing_extensions import override

from rke_py.tools.errors import CriError, ToolError
from rke_py.tools.namespaces import PROGRAMS
from rke_py.transport.image_names import spellings

STORE = "/var/lib/containerd"
_TIMEOUT = 600
_IMPORT = ("nsenter", "--target=1", "--mount", "--", "ctr", "--namespace=k8s.io", "images", "import")
_CHUNK = 1 << 20
_NOTICED, _BETWEEN = 60, 0.1
"""Seconds: so long an image may take to be shown, and so often it is asked for."""

_TWICE = 2
"""containerd keeps an image's layers packed and unpacked."""

_SPARE = 0.15
"""Of a disk, that has to stay free: from there on a kubelet deletes images and evicts pods (its defaults)."""


class Images(Protocol):
    """The images of a container runtime."""

    def has_image(self, name: str) -> bool:
        """Tell whether an image is there."""

    def pull_image(self, name: str) -> None:
        """Pull an image, without credentials; raises CriError."""


class DockerImages(Protocol):
    """The images of a Docker."""

    def size(self, name: str) -> int | None:
        """Return the bytes that an image takes, None when it is not there."""

    def hand_over(self, name: str) -> None:
        """Give an image to containerd under the same name; raises ToolError."""


class Room(Protocol):
    """A disk."""

    def require(self, size: int) -> None:
        """Raise ToolError when there is no room for so many bytes."""


def carry_images(
    wanted: Sequence[Mapping[str, Any]], containerd: Images, docker: DockerImages, disk: Room
) -> dict[str, Any]:
    """Bring images to containerd.

    Args:
        wanted: Each with ``name``, and ``always`` true when it is pulled at every start of a container.
        containerd: Where they are needed.
        docker: Where they are.
        disk: Where containerd keeps them.

    Returns:
        ``missing``: by name, why an image is not there, or cannot be pulled though it has to be at every start.
    """
    faults = {str(image["name"]): _brought(image, containerd, docker, disk) for image in wanted}
    return {"missing": {name: fault for name, fault in faults.items() if fault}}


def _brought(image: Mapping[str, Any], containerd: Images, docker: DockerImages, disk: Room) -> str:
    """Bring one image; return why it cannot be used, empty when it can."""
    name, faults = str(image["name"]), list[str]()
    if not containerd.has_image(name):
        try:
            size = docker.size(name)
            if size is not None:
                disk.require(_TWICE * size)
                docker.hand_over(name)
                _await(name, containerd)
        except ToolError as error:
            faults.append(str(error))
    if containerd.has_image(name) and not image.get("always"):
        return ""
    try:
        containerd.pull_image(name)
    except CriError as error:
        return "; ".join((*faults, str(error)))
    return ""


def _await(name: str, containerd: Images) -> None:
    """Wait until containerd shows an image that its program has read: the part that pods ask hears of it by an event.

    Raises:
        ToolError: It does not in time.
    """
    deadline = time.monotonic() + _NOTICED
    while not containerd.has_image(name):
        if time.monotonic() > deadline:
            raise ToolError(f"containerd has read the image, and does not show it after {_NOTICED} s")
        time.sleep(_BETWEEN)


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk of a folder."""

    folder: str

    def require(self, size: int) -> None:
        """Raise ToolError when so many bytes more would not leave the kubelet what it wants to be free."""
        found = os.statvfs(self.folder)
        free, total = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
        if free - size < _SPARE * total:
            what = f"it takes {size >> 20} MiB, and {free >> 20} of {total >> 20} MiB are free"
            raise ToolError(f"{what}, of which {_SPARE:.0%} have to stay so")


@dataclass(frozen=True, slots=True)
class Docker:
    """The host's Docker behind its socket.

    Attributes:
        socket: Its path.
        reader: The program of containerd that reads what Docker writes.
    """

    socket: str
    reader: tuple[str, ...] = _IMPORT

    def size(self, name: str) -> int | None:
        """Return the bytes that an image takes, None when it is not there."""
        with closing(_Local(self.socket)) as connection:
            answer = _asked(connection, f"/images/{quote(name)}/json")
            text = answer.read()
            return int(json.loads(text)["Size"]) if answer.status == HTTPStatus.OK else None

    def hand_over(self, name: str) -> None:
        """Give an image to containerd under the same name; raises ToolError with what either program said."""
        with closing(_Local(self.socket)) as connection:
            answer = _asked(connection, f"/images/{quote(name)}/get")
            if answer.status != HTTPStatus.OK:
                raise ToolError(f"Docker: {answer.read().decode(errors='replace').strip()}")
            self._import(answer, name)

    def _import(self, answer: HTTPResponse, name: str) -> None:
        """Pass what Docker writes on to containerd's program.

        An image that pods name by its digest has no name in it: its index gets that one.
        """
        named = ("--index-name", canonical(name)) if "@" in name else ()
        with subprocess.Popen(
            (*self.reader, *named, "-"),
            env={"PATH": PROGRAMS},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as reading:
            fault = _passed_on(answer, reading.stdin) if reading.stdin else ""
            if fault:
                reading.kill()
            _, said = reading.communicate()
        if fault:
            raise ToolError(f"Docker: {fault}")
        if reading.returncode:
            raise ToolError(f"ctr images import: {said.decode(errors='replace').strip() or reading.returncode}")


class _Local(HTTPConnection):
    """A connection to a socket of the host."""

    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=_TIMEOUT)
        self._path = path

    @override
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _asked(connection: _Local, path: str) -> HTTPResponse:
    try:
        connection.request("GET", path)
        return connection.getresponse()
    except (OSError, HTTPException) as error:
        raise ToolError(f"Docker: {error}") from error


def _passed_on(answer: HTTPResponse, reader: IO[bytes]) -> str:
    """Write an answer to a program that reads it; return what went wrong with the answer."""
    try:
        while part := answer.read(_CHUNK):
            reader.write(part)
    except BrokenPipeError:
        return ""  # it ended early, and says why
    except (OSError, HTTPException) as error:
        return str(error)
    return ""


def canonical(name: str) -> str:
    """Return an image's name as containerd has it: with its registry, and of tag and digest the digest alone."""
    short, _, digest = name.partition("@")
    whole = spellings(short)[-1]
    if not digest:
        return whole
    place, colon, tag = whole.rpartition(":")
    return f"{place if colon and '/' not in tag else whole}@{digest}"
