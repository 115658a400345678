"""Where the snapshot comes from that somebody wants restored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rke_py.cluster.backup_model import S3
from rke_py.cluster.model import Cluster
from rke_py.errors import UsageError
from rke_py.plan.restore.model import FoundData, Snapshot, best
from rke_py.state.restore import Restore
from rke_py.stores.snapshot_file import SnapshotFile, read_snapshot_file
from rke_py.workflows.snapshots import checked_name

SCHEME = "s3://"
_DATABASE, _ARCHIVE = ".db", ".zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A snapshot as somebody named it.

    Attributes:
        name: What it is called, without an ending.
        file: What is in the operator's own file; None for one that lies on a member.
        path: Where that file is.
        url: Where it lies in S3, when that was said.
        s3: The folder in S3 that the command's own options name; None leaves it to cluster.yml.
    """

    name: str
    file: SnapshotFile | None = None
    path: Path | None = None
    url: str = ""
    s3: S3 | None = None

    @property
    def remote(self) -> bool:
        """True when it was said that it lies in S3."""
        return bool(self.url or self.s3)

    def may_be_in_s3(self, cluster: Cluster) -> bool:
        """Tell whether S3 may have what no member has, as RKE looks there too."""
        return self.remote or (self.file is None and cluster.backup.s3 is not None)


def wanted_snapshot(asked: str, under_way: Restore | None = None, s3: S3 | None = None) -> Wanted:
    """Return the snapshot that a name on the members, the path of a file, or a URL in S3 means.

    Args:
        asked: What the operator typed.
        under_way: The restore that goes on or is taken back; the members may have the file by then, and it need not be
            where it was.
        s3: The folder in S3 that the command's own options name.

    Raises:
        UsageError: There is no such file, it is not whole, or it cannot be a name.
    """
    if asked.startswith(SCHEME):
        name = asked.rpartition("/")[2].removesuffix(_DATABASE).removesuffix(_ARCHIVE)
        return Wanted(name=checked_name(name, given=False), url=asked, s3=s3)
    if "/" not in asked and not asked.endswith(_DATABASE):
        return Wanted(name=checked_name(asked.removesuffix(_ARCHIVE), given=False), s3=s3)
    path = Path(asked)
    if under_way is not None and under_way.asked == asked and not path.is_file():
        return Wanted(name=under_way.snapshot)
    if not path.is_file():
        hint = "A name without .db and without a slash means a snapshot on the members."
        raise UsageError(f"there is no file {asked}", hint=hint)
    name = path.name.removesuffix(_DATABASE).removesuffix(_ARCHIVE)
    return Wanted(name=name, file=read_snapshot_file(path), path=path)


def chosen(wanted: Wanted, found: Mapping[str, FoundData], under_way: Restore | None) -> Snapshot | None:
    """Return the one file that every member's data are made of; None when nobody has it.

    Args:
        wanted: What is asked for.
        found: What each member's host has of that name.
        under_way: The restore that goes on: the same file as before, or none once all data are prepared from it.
    """
    same = {host: data for host, data in found.items() if under_way is None or data.sha256 == under_way.sha256}
    snapshot = _of_file(wanted.name, wanted.file, found) if wanted.file else best(wanted.name, same)
    if under_way is None or (snapshot and snapshot.sha256 == under_way.sha256):
        return snapshot
    if all(data.prepared or data.in_place for data in found.values()):
        return Snapshot(name=under_way.snapshot, size=0, sha256=under_way.sha256)
    return None


def _of_file(name: str, file: SnapshotFile, found: Mapping[str, FoundData]) -> Snapshot:
    holders = frozenset(host for host, data in found.items() if data.sha256 == file.sha256)
    return Snapshot(name=name, size=file.size, sha256=file.sha256, manifest=file.manifest, holders=holders)
