"""cluster.yml.example as it comes with rke-py."""

from __future__ import annotations

from pathlib import Path

_NAME = "cluster.yml.example"
_PACKAGE = Path(__file__).resolve().parents[1]


def example() -> str:
    """Return the text of the example: inside the package once installed, beside it in a checkout."""
    packaged = _PACKAGE / _NAME
    return (packaged if packaged.is_file() else _PACKAGE.parent / _NAME).read_text(encoding="utf-8")
