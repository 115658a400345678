"""The few things the lab asks of Docker, through its command."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .commands import attempt, run

LAB = "io.rke-py.lab"  # label: the lab's name, on everything that `down` removes


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container of a lab as the engine knows it.

    Attributes:
        state: ``running``, ``paused``, ``exited``, ...
        labels: All of them.
    """

    name: str
    state: str
    labels: Mapping[str, str]


def answers() -> bool:
    """Tell whether an engine answers."""
    return attempt("docker", "version", "--format", "{{.Server.Version}}").returncode == 0


def containers(label: str) -> tuple[Container, ...]:
    """Return the containers with a label (``NAME`` or ``NAME=VALUE``), stopped ones too, by name."""
    names = run("docker", "ps", "-aq", "--no-trunc", "--filter", f"label={label}").split()
    if not names:
        return ()
    found = json.loads(run("docker", "inspect", *names))
    seen = (
        Container(name=item["Name"].lstrip("/"), state=item["State"]["Status"], labels=item["Config"]["Labels"])
        for item in found
    )
    return tuple(sorted(seen, key=lambda container: container.name))


def networks(label: str) -> Mapping[str, Mapping[str, str]]:
    """Return the labels of the networks that have a label, by the network's id."""
    names = run("docker", "network", "ls", "-q", "--no-trunc", "--filter", f"label={label}").split()
    if not names:
        return {}
    return {item["Id"]: item["Labels"] for item in json.loads(run("docker", "network", "inspect", *names))}


def network_exists(identifier: str) -> bool:
    """Tell whether a network is there, by name or id."""
    return attempt("docker", "network", "inspect", identifier).returncode == 0


def image_exists(reference: str) -> bool:
    """Tell whether the engine has an image."""
    return attempt("docker", "image", "inspect", reference).returncode == 0


def build(reference: str, context: Path, arguments: Mapping[str, str] | None = None) -> None:
    """Build an image from a folder with a Dockerfile."""
    options = [option for name, value in (arguments or {}).items() for option in ("--build-arg", f"{name}={value}")]
    run("docker", "build", "-q", "-t", reference, *options, str(context), environment=_builder())


@functools.cache
def _builder() -> Mapping[str, str]:
    # A newer client asks for buildx, which is a package of its own; without it the classic builder does.
    return {} if attempt("docker", "buildx", "version").returncode == 0 else {"DOCKER_BUILDKIT": "0"}


def execute(container: str, *command: str, stdin: str | None = None) -> str:
    """Run a command as root in a container and return what it printed."""
    return run("docker", "exec", *(["-i"] if stdin is not None else []), container, *command, stdin=stdin)
