"""What a command can fail with, shown under ``error`` in its answer."""

from __future__ import annotations


class ToolError(Exception):
    """A command could not do its work."""


class NotOurs(ToolError):
    """A path lies outside what belongs to a cluster."""


class CriError(ToolError):
    """The container runtime refused a call or could not be reached.

    Attributes:
        unimplemented: True when it does not know the call; also when its CRI plugin is disabled.
        missing: True when it does not know what the call is about.
    """

    def __init__(self, what: str, *, unimplemented: bool = False, missing: bool = False) -> None:
        super().__init__(what)
        self.unimplemented = unimplemented
        self.missing = missing
