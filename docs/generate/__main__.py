"""``python -m docs.generate``: write what is made from the code."""

from __future__ import annotations

import sys

from .pages import DOCS, made_pages


def main() -> int:
    """Write the pages that differ, and name them."""
    for path, text in made_pages():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stdout.write(f"{path.relative_to(DOCS.parent)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
