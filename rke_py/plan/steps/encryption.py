"""Steps on what etcd holds: values that an old key encrypted are written anew, and looked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class OnValues(OnHost):
    """A step on the values of some resources.

    Attributes:
        prefixes: What the values of each resource have to begin with; empty for not encrypted.
    """

    prefixes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RewriteValues(OnValues):
    """Have API servers write every object of some resources anew, as it is, and prove that etcd holds no other."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"write all {', '.join(self.prefixes)} anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveValues(OnValues):
    """Prove that etcd holds nothing that needs a key which is about to be dropped."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"prove that no {', '.join(self.prefixes)} in etcd need the old key"
