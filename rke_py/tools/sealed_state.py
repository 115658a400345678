"""The cluster's state beside the schedule of recurring snapshots: a run leaves it there, and each of them gets a copy.

It is encrypted with a key that no host has. Its first line, which is not, tells whose it is.
"""

from __future__ import annotations

from pathlib import Path

from rke_py.state.sealed import SEALED, first_line
from rke_py.tools.errors import ToolError
from rke_py.tools.snapshot_folder import STATE, sync, write


def keep_state(config: Path, content: bytes) -> Path:
    """Put a state beside a schedule, for root alone, whole or not at all; return where it lies.

    Raises:
        ToolError: It is not encrypted.
    """
    path = config.with_suffix(STATE)
    if not content.startswith(SEALED):
        raise ToolError(f"{path} is not written: the state is not encrypted")
    write(path, content)
    sync(path.parent)
    return path


def kept_state(config: Path, lineage: str) -> bytes | None:
    """Return the state beside a schedule; None where there is none, or another cluster left it on the host."""
    try:
        content = config.with_suffix(STATE).read_bytes()
    except FileNotFoundError:
        return None
    return content if content.startswith(SEALED) and _lineage(content) == lineage else None


def _lineage(content: bytes) -> str:
    try:
        return str(first_line(content)["lineage"])
    except (ValueError, KeyError):
        return ""
