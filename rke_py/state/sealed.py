"""The first line of an encrypted state, which whoever has no key can read; it loads nothing that opens the rest."""

from __future__ import annotations

import json

SEALED = b"rke-py-state-"
"""How an encrypted state of any release begins; the form's number follows."""


def first_line(content: bytes) -> dict[str, object]:
    """Return what an encrypted state tells without its key; raises ValueError when that is damaged."""
    told = json.loads(content.partition(b"\n")[0].partition(b" ")[2])
    if not isinstance(told, dict):
        raise ValueError("the first line is no JSON object")
    return told
