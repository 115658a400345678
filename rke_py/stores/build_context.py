"""The folder from which the tools image is built: Dockerfile, the libraries of its Python, and rke-py itself.

The libraries are the pinned ones of ``images/tools/requirements.txt``, checked by hash, for the image's Python and not
for the one that runs here.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from rke_py.errors import RkeError

PYTHON = "3.13"
"""The Python of Debian trixie, the image's base."""

_PACKAGE = Path(__file__).resolve().parents[1]
_TARGET = ("--target", "{target}", "--python-version", PYTHON, "--only-binary", ":all:")
_PINNED = ("install", "--quiet", "--no-deps", "--require-hashes", "--requirement", "{requirements}")
_LAST_LINES = 10


def tools_folder() -> Path:
    """Return the folder of the tools image: inside the package once installed, beside it in a checkout."""
    packaged = _PACKAGE / "images" / "tools"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "images" / "tools"


def write_build_context(folder: Path, *, install: Callable[[Path, Path], None] | None = None) -> None:
    """Fill an empty folder with what ``docker build`` needs for the tools image.

    Args:
        folder: Where to write.
        install: Installs the libraries of a requirements file into a folder; pip or uv by default.

    Raises:
        RkeError: There is no pip or uv here, or it could not install the libraries.
    """
    source = tools_folder()
    shutil.copy(source / "Dockerfile", folder)
    (install or install_libraries)(source / "requirements.txt", folder / "dependencies")
    unwanted = shutil.ignore_patterns("__pycache__", "templates", "images")
    shutil.copytree(_PACKAGE, folder / "package" / _PACKAGE.name, ignore=unwanted)


def installers() -> tuple[tuple[str, ...], ...]:
    """Return the commands that can install, the best first: an environment made by uv has no pip of its own."""
    pip = ("--no-compile", "--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64")
    return (
        (sys.executable, "-m", "pip", *_PINNED, *_TARGET, *pip),
        ("uv", "pip", *_PINNED, *_TARGET, "--python-platform", "x86_64-manylinux_2_28"),
        ("python3", "-m", "pip", *_PINNED, *_TARGET, *pip),
    )


def install_libraries(requirements: Path, target: Path) -> None:
    """Install what a requirements file names into a folder, for the image's Python.

    Raises:
        RkeError: There is no pip or uv here, or it failed.
    """
    for command in installers():
        if _there(command):
            words = [word.format(target=target, requirements=requirements) for word in command]
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode:
                evidence = done.stderr.splitlines()[-_LAST_LINES:]
                raise RkeError("the libraries of the tools image could not be installed", evidence=evidence)
            return
    raise RkeError("neither pip nor uv is here to install the libraries", hint="Install uv, or pip for this Python.")


def _there(command: tuple[str, ...]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    program = command[: command.index("pip") + 1]
    return subprocess.run([*program, "--help"], capture_output=True, check=False).returncode == 0
