"""How values are encrypted, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rke_py.cli.status_text import aligned
from rke_py.workflows.encryption import EncryptionStatus, KeyUse

_HEAD = ("RESOURCE", "KEY", "USE", "VALUES IN ETCD")


def encryption_json(status: EncryptionStatus) -> dict[str, Any]:
    """Return it as JSON-ready data; never with a key itself."""
    return {"readable": status.readable, **asdict(status)}


def encryption_lines(status: EncryptionStatus) -> Iterator[str]:
    """Yield it as aligned lines."""
    yield f"cluster.yml asks for {'encryption' if status.wanted else 'no encryption'}"
    yield from (status.under_way or ("no change is under way",))
    yield ""
    yield from aligned([_HEAD, *map(_row, status.keys)])
    if not status.readable:
        yield ""
        yield "some values are under a key that no API server has: they cannot be read"


def _row(key: KeyUse) -> tuple[str, str, str, str]:
    return key.resource or "-", key.key, key.use, "-" if key.values is None else str(key.values)
