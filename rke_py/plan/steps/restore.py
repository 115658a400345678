"""Steps that bring a snapshot into etcd's place, and the old data back."""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class StopContainer(OnHost):
    """Stop a container that stays, so that neither a reboot nor Docker starts it again."""

    name: str
    grace: int

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"stop {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BringSnapshot(OnHost):
    """Bring a snapshot to a member's host.

    Attributes:
        snapshot: Its name.
        source: The host that has it; empty for the operator's own machine.
        file: Where it lies there, when it comes from the operator's machine.
        target: Its name on the host until its data are prepared.
        size: Its bytes.
    """

    tools: str
    snapshot: str
    source: str
    file: str
    target: str
    size: int

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"bring the snapshot {self.snapshot}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackSnapshot(OnHost):
    """Take a snapshot out of an archive of RKE's on a member's host, read it through, and write its manifest.

    Attributes:
        snapshot: Its name.
        line: etcd's line, whose etcdutl reads it: ``3.5``.
    """

    tools: str
    snapshot: str
    line: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"unpack and verify the snapshot {self.snapshot}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareRestore(OnHost):
    """Make the data of the host's member of a snapshot that lies there, beside the data in use.

    Attributes:
        snapshot: Its name.
        sha256: Its checksum.
        token: The new etcd cluster's, and the restore's own id.
        line: etcd's line, whose etcdutl does it: ``3.6``.
        member, peer: The host's member in the new cluster: its name and its peer URL.
        members: All of them: ``etcd-n1=https://10.0.0.1:2380,...``.
        bump: By how much revisions go up.
    """

    tools: str
    snapshot: str
    sha256: str
    token: str
    line: str
    member: str
    peer: str
    members: str
    bump: int

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "prepare data of the snapshot beside those in use"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutRestoredInPlace(OnHost):
    """Move the data in use aside and the prepared ones in their place."""

    tools: str
    token: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "put the restored data in place, the old aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOldBack(OnHost):
    """Move the old data back in their place and drop the restored ones.

    Attributes:
        moves: False while the old data are still in use, so that only what was prepared has to go.
    """

    tools: str
    token: str
    moves: bool

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "put the old data back" if self.moves else "drop what was prepared"


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneReplaced(OnHost):
    """Drop the oldest of the data that restores replaced."""

    tools: str
    keep: int

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"keep the data of the last {self.keep} restores aside"


RestoreStep = (
    StopContainer | BringSnapshot | UnpackSnapshot | PrepareRestore | PutRestoredInPlace | PutOldBack | PruneReplaced
)
