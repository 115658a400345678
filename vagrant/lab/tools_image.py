"""The project's tools image (images/tools/Dockerfile), built from the checkout; after a change of code in seconds."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from . import docker, packages, programs, registry
from .cache import Cache, key_of
from .commands import attempt, run
from .images import BASE, REGISTRY

CHECKOUT = Path(__file__).resolve().parents[2]
_DOCKERFILE = CHECKOUT / "images" / "tools" / "Dockerfile"
_REQUIREMENTS = CHECKOUT / "images" / "tools" / "requirements.txt"
_PACKAGE = CHECKOUT / "rke_py"
_PYTHON = "3.13"  # of Debian trixie, the image's base


def ensure(cache: Cache, say: Callable[[str], None]) -> str:
    """Return the reference of the tools image of this checkout, built and pushed if it is missing."""
    key = key_of(_PACKAGE, _DOCKERFILE, _REQUIREMENTS)
    name = f"tools:{key}"
    if not registry.digest(name):
        say(f"building the image {name}")
        with tempfile.TemporaryDirectory() as folder:
            context = Path(folder)
            _write_context(cache, context)
            docker.build(f"{registry.PUSH}/{name}", context, _arguments())
        run("docker", "push", "-q", f"{registry.PUSH}/{name}")
    return f"{REGISTRY}/{name}"


def _arguments() -> dict[str, str]:
    newest = {version.rpartition(".")[0]: version for version in programs.ETCD_VERSIONS}
    return {
        "BASE": f"{registry.PUSH}/{BASE}",
        "PACKAGES": "",  # the lab's base has them
        "ETCD_3_5": f"{registry.PUSH}/etcd:{newest['3.5']}",
        "ETCD_3_6": f"{registry.PUSH}/etcd:{newest['3.6']}",
    }


def _write_context(cache: Cache, context: Path) -> None:
    shutil.copy(_DOCKERFILE, context)
    shutil.copytree(_dependencies(cache), context / "dependencies", symlinks=True)
    shutil.copytree(_PACKAGE, context / "package" / _PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))


def _dependencies(cache: Cache) -> Path:
    """Return a folder with the pinned libraries as the image's Python wants them."""
    target = cache.root / "tools" / f"dependencies-{key_of(_PYTHON, _REQUIREMENTS)}"
    if not target.exists():
        with cache.building(target) as work:
            run(
                *(*_installer(), "install", "-q", "--no-deps", "--require-hashes", "-r", str(_REQUIREMENTS)),
                *("--target", str(work), "--python-version", _PYTHON, "--only-binary=:all:", "--no-compile"),
                *("--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64"),
            )
    return target


def _installer() -> tuple[str, ...]:
    """Return the command of a pip: this Python's or the system's, for environments made by uv have none."""
    for python in (sys.executable, "python3"):
        if attempt(python, "-m", "pip", "--version").returncode == 0:
            return (python, "-m", "pip")
    packages.require("pip3")
    return ("pip3",)
