"""Control groups that the kubelet made and leaves behind, empty."""

from __future__ import annotations

import os
from pathlib import Path

_NAMES = ("kubepods", "kubepods.slice")


def remove_cgroups(root: Path = Path("/sys/fs/cgroup")) -> tuple[str, ...]:
    """Remove the kubelet's control groups, those in which nothing runs, and return their roots.

    With cgroup v1 every controller has its own tree below ``root``, with v2 there is one.
    """
    removed = []
    for group in found_cgroups(root):
        for folder, _, _ in os.walk(group, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                break  # something runs in it: it stays, and `verify` names it
        else:
            removed.append(str(group))
    return tuple(removed)


def found_cgroups(root: Path = Path("/sys/fs/cgroup")) -> tuple[Path, ...]:
    """Return the kubelet's control groups that exist, one for each tree."""
    if not root.is_dir():
        return ()
    trees = (root, *(path for path in sorted(root.iterdir()) if path.is_dir() and not path.is_symlink()))
    return tuple(tree / name for tree in trees for name in _NAMES if (tree / name).is_dir())
