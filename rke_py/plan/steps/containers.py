"""Steps on the containers of a host."""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.plan.containers import Check, ContainerSpec
from rke_py.plan.files import FileSpec
from rke_py.plan.steps.nodes import ProveNode
from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class OnContainer(OnHost):
    """A step on one container of a host."""

    spec: ContainerSpec

    @property
    def name(self) -> str:
        """The container's name."""
        return self.spec.name


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateContainer(OnContainer):
    """Create, start and prove a container that is not there.

    Attributes:
        instead: Name of one that has its port: it is stopped before, removed afterwards, and serves again when this one
            fails.
    """

    instead: str = ""

    @property
    def title(self) -> str:
        """What an operator reads."""
        place = f" in the place of {self.instead}" if self.instead else ""
        return f"{'start' if self.spec.starts else 'make'} {self.name}{place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTogether(OnHost):
    """Create and start several containers that are not there, then prove each: none waits for another's proof."""

    specs: tuple[ContainerSpec, ...]

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"start {', '.join(spec.name for spec in self.specs)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakesDown(OnContainer):
    """A step that takes a container down which serves now, and puts back what was there when that fails.

    Attributes:
        before: The files that this turn writes for this container alone, as they were found.
        carrier: Image of the container through which they are written back.
        others: Hosts one of whose API servers has to be ready before this one is taken down; empty when it serves
            nobody itself.
        node: Proves the node that it makes Ready before the old one is gone; None for any other than a kubelet.
        spared: Whether the other members have to do without an etcd member meanwhile; not where none trusts another.
    """

    before: tuple[FileSpec, ...] = ()
    carrier: str = ""
    others: tuple[str, ...] = ()
    node: ProveNode | None = None
    spared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceContainer(TakesDown):
    """Put a new container in the place of one that differs; the old one comes back when the new one fails.

    Attributes:
        changed: Names of the fields that differ; empty when an unfinished replacement is continued.
        old_check: How the old one is proved when it comes back, where that is not as the new one.
    """

    changed: tuple[str, ...] = ()
    old_check: Check | None = None

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"replace {self.name}" if self.changed else f"finish replacing {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartContainer(OnContainer):
    """Start and prove a container that is as wanted but does not run."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"start {self.name} again"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartContainer(TakesDown):
    """Restart and prove a container that runs with files older than those on the host; they come back when it fails."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"restart {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveContainer(OnContainer):
    """Wait until a container that was started before is healthy: it needs others that were started after it."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"wait until {self.name} is healthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadContainer(OnContainer):
    """Tell a container to read its configuration again.

    Attributes:
        files: The files it takes up. Their time is written back to before the container's start once the signal was
            sent, so that only a signal that was not sent is seen by the next run.
        carrier: Image of the container through which they are written.
    """

    files: tuple[FileSpec, ...]
    carrier: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"reload {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePolicy(OnContainer):
    """Give a container back the restart policy that an interrupted run took away."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"set the restart policy of {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveContainer(OnHost):
    """Stop and remove a container of ours that the host should not carry."""

    name: str
    grace: int = 30

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"remove {self.name}"
