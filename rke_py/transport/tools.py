"""Runs a command of the tools image on a host: a short-lived privileged container that prints one JSON object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rke_py.errors import EngineError
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.conventions import LOOKS
from rke_py.transport.interface import Engine

NAME = "rke-py-tools"


def look_name(command: str, run: str) -> str:
    """Return the name of a container that only looks, of one run: without a lock two may look at a host at once."""
    return f"{LOOKS}{command}-{run}"


def tools_container(
    image: str, command: Sequence[str], *, name: str = "", binds: tuple[str, ...] = (), prefix: str = "/"
) -> ContainerSpec:
    """Return the container that runs a command of ``rke_py.tools`` in the host's namespaces.

    Args:
        image: The tools image.
        command: The command and its arguments.
        name: The container's name; by default it has the command's in it, since two steps may run two commands on one
            host at once.
        binds: Folders of the host that it sees at their own place, beside what it reaches as the host's root.
        prefix: Where the host keeps the cluster's folders.
    """
    return ContainerSpec(
        name=name or f"{NAME}-{command[0]}",
        image=image,
        entrypoint=("python3", "-m", "rke_py.tools"),
        command=(*(("--prefix", prefix) if prefix != "/" else ()), *command),
        binds=binds,
        network_mode="host",
        pid_mode="host",
        privileged=True,
        restart="no",
    )


def run_tools(
    engine: Engine,
    host: str,
    image: str,
    command: Sequence[str],
    *,
    timeout: float,
    binds: tuple[str, ...] = (),
    prefix: str = "/",
    stdin: bytes | None = None,
    network: str = "host",
    name: str = "",
) -> dict[str, Any]:
    """Run a command where the tools image is known to be present, and return what it printed.

    Secrets reach it by its standard input, which no ``docker inspect`` shows.

    Raises:
        EngineError: It failed; its own words are the evidence.
    """
    spec = replace(tools_container(image, command, name=name, binds=binds, prefix=prefix), network_mode=network)
    output = engine.run(spec, timeout=timeout, stdin=stdin)
    try:
        answer = json.loads(output.stdout)
    except json.JSONDecodeError:
        answer = None
    if output.exit_code != 0 or not isinstance(answer, dict):
        evidence = (output.stderr or output.stdout).splitlines()[-8:]
        raise EngineError(host, f"the tools container failed at: {' '.join(command)}", evidence=evidence)
    return answer
