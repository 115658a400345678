"""Steps that bring files to a host, and take files away."""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.plan.files import FileSpec
from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteFiles(OnHost):
    """Write files, in order; parents are made.

    Attributes:
        carrier: Image of the container through which they are written.
    """

    files: tuple[FileSpec, ...]
    carrier: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"write {_count(len(self.files), 'file')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteFiles(OnHost):
    """Delete files of ours that nothing reads any more."""

    paths: tuple[str, ...]
    tools: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"delete {_count(len(self.paths), 'file')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallCni(OnHost):
    """Put the standard CNI plugins, which every pod network calls, into the host's ``/opt/cni/bin``."""

    tools: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "install the CNI plugins"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
