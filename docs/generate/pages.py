"""Which pages are made from the code, wholly or in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from .certificates import certificates_page
from .commands import commands_page
from .events import events_page
from .hosts import hosts_page
from .keys import keys_page
from .local_files import local_files_page
from .ports import ports_page
from .sections import filled, names
from .statuses import statuses_page
from .versions import versions_page

DOCS = Path(__file__).parents[1]

REFERENCE: Mapping[str, Callable[[], str]] = {
    "commands": commands_page,
    "cluster-yml": keys_page,
    "exit-statuses": statuses_page,
    "events": events_page,
    "local-files": local_files_page,
    "hosts": hosts_page,
    "ports": ports_page,
    "certificates": certificates_page,
    "versions": versions_page,
}


def made_pages() -> Iterator[tuple[Path, str]]:
    """Yield every page that holds something made from the code, with the text it should have."""
    for name, make in REFERENCE.items():
        yield DOCS / "reference" / f"{name}.md", make()
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text("utf-8")
        if names(text):
            yield path, filled(text)
