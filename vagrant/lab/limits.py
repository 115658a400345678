"""Limits of the kernel that many hosts on one machine meet: raised for labs, put back after the last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from .machine import Machine

NEEDED: Mapping[str, int] = {"fs/inotify/max_user_instances": 1024}
"""Sysctls below ``/proc/sys``. A host with a cluster takes about 13 inotify instances; usual is 128 for all of them."""

_SYSCTLS = Path("/proc/sys")


def raise_limits(file: Path, machine: Machine, sysctls: Path = _SYSCTLS) -> None:
    """Raise what is lower than needed, and note first what it was; only root can.

    Args:
        file: Where it is noted; what an earlier lab noted and nobody put back yet stays.
        machine: Where hosts run.
        sysctls: The folder of sysctls.
    """
    found = {name: int((sysctls / name).read_text()) for name in NEEDED if (sysctls / name).exists()}
    lower = {name: value for name, value in found.items() if value < NEEDED[name]}
    if not lower or not machine.root:
        return
    noted: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(lower | noted) + "\n")
    for name in lower:
        (sysctls / name).write_text(str(NEEDED[name]))


def restore_limits(file: Path, sysctls: Path = _SYSCTLS) -> None:
    """Put back what was noted; no lab is left."""
    if not file.exists():
        return
    for name, value in json.loads(file.read_text()).items():
        (sysctls / name).write_text(str(value))
    file.unlink()
