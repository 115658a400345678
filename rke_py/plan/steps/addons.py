"""Steps on what is in the cluster rather than on a host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyAddon(OnHost):
    """Apply an add-on's objects, prune those that left, and wait until it works.

    Attributes:
        timeout: Seconds it may take to work; 0 does not wait, where nothing can work yet.
    """

    addon: str
    objects: tuple[Mapping[str, object], ...] = field(repr=False)
    timeout: int

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"apply {self.addon}" if self.objects else f"remove {self.addon}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveClusterCopy(OnHost):
    """Keep a copy of the state inside the cluster."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "save the state in the cluster"
