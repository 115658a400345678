"""The standard CNI plugins, which a pod network's own plugin calls."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

IMAGE_FOLDER = Path("/usr/lib/cni")
"""Where Debian's containernetworking-plugins puts them."""

HOST_FOLDER = Path("/opt/cni/bin")

PLUGINS = ("bandwidth", "bridge", "host-local", "loopback", "portmap")


def plugins(folder: Path = IMAGE_FOLDER) -> Mapping[str, bytes]:
    """Return the programs of the image, read before the image's files are out of sight."""
    return {name: (folder / name).read_bytes() for name in PLUGINS}


def outdated(wanted: Mapping[str, bytes], folder: Path = HOST_FOLDER) -> tuple[str, ...]:
    """Return the names of the plugins that the folder lacks or has otherwise."""
    return tuple(name for name, program in wanted.items() if not _same(folder / name, program))


def install(wanted: Mapping[str, bytes], folder: Path = HOST_FOLDER) -> tuple[str, ...]:
    """Bring the outdated plugins up to date and return their names.

    Each is renamed into place: a runtime that starts one meanwhile meets the old or the new, never half of one.
    """
    names = outdated(wanted, folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        beside = folder / f".{name}"
        beside.write_bytes(wanted[name])
        beside.chmod(0o755)
        os.replace(beside, folder / name)
    return names


def _same(path: Path, program: bytes) -> bool:
    try:
        found = path.stat()
        return found.st_size == len(program) and bool(found.st_mode & 0o111) and path.read_bytes() == program
    except OSError:
        return False
