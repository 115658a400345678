"""Mount points, as ``/proc/PID/mountinfo`` lists them."""

from __future__ import annotations

import re
from collections.abc import Sequence


def mount_points(mountinfo: str) -> tuple[str, ...]:
    """Return the mount points in the order in which they were mounted.

    Args:
        mountinfo: Text of ``/proc/PID/mountinfo``; blanks in a path are octal escapes there (proc_pid_mountinfo(5)).
    """
    return tuple(_unescaped(line.split(" ")[4]) for line in mountinfo.splitlines() if line)


def below(folder: str, points: Sequence[str]) -> tuple[str, ...]:
    """Return the mount points below a folder, the deepest first and of those the youngest, as they are unmounted."""
    youngest_first = [point for point in reversed(points) if point.startswith(f"{folder}/")]
    return tuple(sorted(youngest_first, key=lambda point: -point.count("/")))


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
