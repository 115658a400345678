"""Running programs: argument lists in, their output or a LabError with their last lines out."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .errors import LabError

_EVIDENCE_LINES = 15


def run(
    *command: str,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """Run a program to its end and return what it printed, without the last newline.

    Args:
        command: The program and its arguments.
        stdin: Text it reads; nothing when None.
        environment: Variables to set beside this process's own.
        folder: Working directory.

    Raises:
        LabError: It is not installed, or its exit status was not 0.
    """
    done = attempt(*command, stdin=stdin, environment=environment, folder=folder)
    if done.returncode:
        raise LabError(
            f"{shlex.join(command[:6])}{' ...' if len(command) > 6 else ''}: exit status {done.returncode}",
            evidence=last_lines(done.stderr or done.stdout),
        )
    return done.stdout.rstrip("\n")


def attempt(
    *command: str,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, whatever its exit status; as `run` otherwise."""
    try:
        return subprocess.run(
            command,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, **(environment or {})},
            cwd=folder,
            check=False,
        )
    except FileNotFoundError as missing:
        raise LabError(f"{command[0]} is not installed") from missing


def last_lines(text: str, count: int = _EVIDENCE_LINES) -> str:
    """Return the last lines of a program's output."""
    return "\n".join(text.rstrip().splitlines()[-count:])
