"""The causes that the documents list are those that are looked for."""

from __future__ import annotations

import re

from docs.generate.pages import DOCS
from rke_py.diagnosis.checks import CHECKS


def test_every_check_is_listed_in_its_order() -> None:
    page = (DOCS / "how-to" / "troubleshoot.md").read_text("utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \|", page, flags=re.MULTILINE) == list(CHECKS)
