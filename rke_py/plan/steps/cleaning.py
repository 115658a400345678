"""Steps that take away what a cluster, or an add-on, left on a host."""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePods(OnHost):
    """Stop and remove every pod of the host through its container runtime, networks included.

    Attributes:
        in_docker: Whether its containers are Docker's own, as those of RKE's releases are.
    """

    tools: str
    in_docker: bool = False

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "remove the pods"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanHost(OnHost):
    """Remove mounts, folders, interfaces and rules of ours, and prove that the host is as it was found.

    Attributes:
        networks: The pods' and Services' ranges, whose tracked connections are forgotten.
        snapshots: Whether the etcd snapshots go too.
    """

    tools: str
    networks: tuple[str, ...]
    snapshots: bool

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "clean the host" + (", snapshots too" if self.snapshots else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveAddons(OnHost):
    """Remove what add-ons that are gone left on the host; have the pods made anew that still rest on them.

    Attributes:
        leaving: Names of add-ons whose traces go.
        staying: The add-on whose traces stay, even where the two share some; empty for none.
        networks: The pods' ranges.
        renew_pods: Whether the pods are made anew, with network and DNS as they are now.
        in_docker: Whether they are Docker's own containers, as in RKE's releases.
        grace: Seconds they get to end.
    """

    tools: str
    leaving: tuple[str, ...]
    staying: str
    networks: tuple[str, ...]
    renew_pods: bool
    in_docker: bool = False
    grace: int = 30

    @property
    def title(self) -> str:
        """What an operator reads."""
        what = f"remove what {self.leaving[0] if len(self.leaving) == 1 else 'other add-ons'} left"
        return f"{what}, and make the pods anew" if self.renew_pods else what
