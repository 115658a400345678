"""Files on hosts as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSpec:
    """A file as it is wanted on a host.

    Attributes:
        path: Absolute path on the host.
        content: Its bytes; hidden from every ``repr``.
        secret: Whether its content may be shown in a plan's difference.
    """

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o600
    uid: int = 0
    gid: int = 0
    secret: bool = True

    @property
    def digest(self) -> str:
        """``sha256:`` and the first twelve digits, what a plan shows instead of the content."""
        return f"sha256:{sha256(self.content).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A regular file as it was read from a host; ``modified`` is by the host's clock."""

    path: str
    content: bytes = field(repr=False)
    mode: int
    uid: int
    gid: int
    modified: datetime

    def kept(self) -> FileSpec:
        """Return it as it is to be written should what takes its place not work."""
        return FileSpec(path=self.path, content=self.content, mode=self.mode, uid=self.uid, gid=self.gid)

    def says(self, wanted: FileSpec) -> bool:
        """Tell whether the content is the wanted one."""
        return self.content == wanted.content

    def same_as(self, wanted: FileSpec) -> bool:
        """Tell whether content, mode and owner are the wanted ones."""
        return (self.content, self.mode, self.uid, self.gid) == (
            wanted.content,
            wanted.mode,
            wanted.uid,
            wanted.gid,
        )
