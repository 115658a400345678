"""Links lead somewhere, and every page is in the table of contents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from .pages import ROOT, anchor, headings, links, name_of, pages


@pytest.mark.parametrize("path", pages(), ids=name_of)
def test_links_within_the_repository_lead_somewhere(path: Path) -> None:
    for link in links(path):
        if "://" in link:
            continue
        target, _, heading = link.partition("#")
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), link
        assert not heading or heading in map(anchor, headings(there)), link


def test_every_page_is_in_the_table_of_contents_once() -> None:
    contents = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    listed = sorted(_entries(contents["nav"]))
    assert listed == sorted(str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md"))


def _entries(nav: object) -> Iterator[str]:
    match nav:
        case str():
            yield nav
        case list():
            for entry in nav:
                yield from _entries(entry)
        case dict():
            yield from _entries(list(nav.values()))
