"""Steps on Node objects, and on the pods of a node."""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.cluster.upgrade_model import DrainInput
from rke_py.plan.node_object import WantedNode
from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNode(OnHost):
    """Give the Node object its labels, taints and annotations, and take away those that earlier runs set."""

    want: WantedNode

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "set labels and taints"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveNode(OnHost):
    """Wait until the node is Ready, and freshly so.

    Attributes:
        version: The kubelet version it has to report.
        going: Names of the host's containers that are taken away later; these need not keep running.
    """

    version: str
    going: tuple[str, ...] = ()
    timeout: int = 300

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "wait until the node is Ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainNode(OnHost):
    """Keep new pods away from the node and evict those it has, within their disruption budgets.

    Attributes:
        options: What may be lost.
        spare: Leave pods where they are that would lose something, instead of leaving all.
        images: What the host has to have first, as its turn needs it: nobody empties a node for nothing.
    """

    options: DrainInput
    spare: bool = False
    images: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "cordon and drain the node"


@dataclass(frozen=True, slots=True, kw_only=True)
class UncordonNode(OnHost):
    """Let pods onto the node again, if it was we who kept them away."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "uncordon the node"
