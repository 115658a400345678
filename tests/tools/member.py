"""An etcd member that gives what a test wants it to give."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from rke_py.tools.etcd_line import Contents, Member

DATABASE = b"database" * 1000
ABOUT = {
    "lineage": "1a",
    "kubernetes": "v1.34.4",
    "member": "etcd-n1",
    "time": "2026-11-26T03:00:00+00:00",
    "automatic": True,
}
MEMBER = Member(cluster="c1", version="3.6.16", revision=50, size=len(DATABASE))


def snapshot_of(database: bytes) -> bytes:
    """Return a database with its checksum behind it, as etcd sends it."""
    return database + hashlib.sha256(database).digest()


@dataclass
class Fake:
    """A member; ``stands`` is its place among the members."""

    stream: bytes = snapshot_of(DATABASE)
    told: Member = MEMBER
    read: Contents = field(default_factory=lambda: Contents(digest="abc", revision=51, keys=7, line="3.6"))
    stands: int = 0

    def member(self) -> Member:
        return self.told

    def save(self, path: Path) -> None:
        path.write_bytes(self.stream)

    def contents(self, path: Path) -> Contents:
        return self.read

    def place(self) -> int:
        return self.stands
