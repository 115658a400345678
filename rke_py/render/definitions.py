"""CustomResourceDefinitions of the kinds in which Calico and Traefik keep their settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One kind.

    Attributes:
        plural: Its name in the API's paths; empty for the kind in lower case with an ``s``.
        approval: Where the kind was agreed on; the API server asks for it in groups that end in ``k8s.io``.
    """

    group: str
    version: str
    kind: str
    namespaced: bool = False
    plural: str = ""
    approval: str = ""

    @property
    def name(self) -> str:
        """The definition's own name."""
        return f"{self.names['plural']}.{self.group}"

    @property
    def scope(self) -> str:
        """Where its objects live."""
        return "Namespaced" if self.namespaced else "Cluster"

    @property
    def names(self) -> Mapping[str, str]:
        """How objects of the kind are called."""
        singular = self.kind.lower()
        return {
            "kind": self.kind,
            "listKind": f"{self.kind}List",
            "plural": self.plural or f"{singular}s",
            "singular": singular,
        }
