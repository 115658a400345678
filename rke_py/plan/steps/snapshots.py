"""Steps on snapshots that were taken: copied to S3 and from there, deleted, the oldest dropped; and what they get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSnapshot(OnHost):
    """Copy a host's snapshot to S3, and see it arrive whole."""

    name: str
    tools: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"copy the snapshot {self.name} to S3"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSnapshot(OnHost):
    """Copy a snapshot from S3 to a host, and see that it is whole."""

    name: str
    tools: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"copy the snapshot {self.name} from S3"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSnapshot(OnHost):
    """Delete a snapshot with everything beside it, on the host or, through it, in S3."""

    name: str
    tools: str
    s3: bool = False

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"delete the snapshot {self.name}{' in S3' if self.s3 else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneSnapshots(OnHost):
    """Drop the oldest snapshots of a cluster, on the host or, through it, in S3; only whole ones count.

    Attributes:
        lineage: The cluster; snapshots of others stay.
        keep: For each kind (``asked``, ``before a change``, ``recurring``) how many stay.
    """

    lineage: str
    keep: Mapping[str, int]
    tools: str
    s3: bool = False

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"drop old snapshots{' in S3' if self.s3 else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepState(OnHost):
    """Leave the state, encrypted, on a host whose recurring snapshots are to have it beside them."""

    tools: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "keep the state, encrypted, for recurring snapshots"
