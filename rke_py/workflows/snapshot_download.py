"""``rke-py etcd snapshot download``: a snapshot from a member, or through one from S3, to the operator's machine."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from rke_py.cluster.backup_model import S3
from rke_py.errors import NotFound
from rke_py.plan.conventions import SNAPSHOT_FOLDER
from rke_py.plan.snapshots import SNAPSHOTS
from rke_py.stores.local_snapshots import arriving, write_snapshot_file
from rke_py.stores.snapshot_file import read_snapshot_file
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.holder import this_process
from rke_py.workflows.lease import may_lease
from rke_py.workflows.snapshot_care import IN_S3, LOCAL, Copy, Found, found_in, missing
from rke_py.workflows.snapshot_fetch import first_that_fetches
from rke_py.workflows.snapshot_places import Places, snapshot_places
from rke_py.workflows.work import site_of

_DATA = ".db"
_BESIDE = (".json", ".rkestate")


def download_snapshot(context: Context, name: str, folder: Path | None = None, s3: S3 | None = None) -> Path:
    """Bring a snapshot with what lies beside it, piece by piece, and see that it is whole.

    Args:
        context: Where cluster.yml is.
        name: The snapshot's.
        folder: Where to; None for ``cluster_snapshots`` beside cluster.yml.
        s3: Another folder in S3 than cluster.yml names.

    Returns:
        The file.

    Raises:
        UsageError: There is no such snapshot, or what arrived is not whole.
        RkeError: It cannot be written here.
    """
    target = folder or context.snapshots_path
    with snapshot_places(context, s3) as places:
        found = found_in(places, context)
        copies = [copy for copy in found.copies if copy.name == name and copy.where != LOCAL]
        chosen = next((copy for copy in sorted(copies, key=_worst_last)), None)
        if chosen is None:
            raise missing(found, name)
        host = _fetched(places, found, name, context) if chosen.where == IN_S3 else chosen.where
        return _brought(places, host, chosen, target)


def _worst_last(copy: Copy) -> tuple[bool, bool]:
    """Prefer a verified one, and one that is on a member already."""
    return not copy.verified, copy.where == IN_S3


def _fetched(places: Places, found: Found, name: str, context: Context) -> str:
    """Copy it from S3 to a member first, where it is compared with its manifest; return the host."""
    there = [host for host in places.hosts if host in places.fleet.reachable]
    hosts = sorted(there, key=lambda host: host != found.through)
    with (
        StateStore(context.state_path).locked(this_process(context)) as saved,
        places.cluster_access(context) as access,
    ):
        lease = may_lease(access, context, api=places.state.etcd.bootstrapped and access.api.ready())
        site = site_of(places.cluster, places.fleet, access, saved, places.images, context)
        return first_that_fetches(hosts, name, SNAPSHOTS, site, context, why="it is only in S3", lease=lease)


def _brought(places: Places, host: str, copy: Copy, target: Path) -> Path:
    beside = [f"{copy.name}{ending}" for ending in _BESIDE] if copy.file.endswith(_DATA) else []
    with arriving(target, copy.file) as folder, places.window(host) as (engine, window):
        pieces = engine.read_large(window, f"{SNAPSHOT_FOLDER}/{copy.file}")
        path = write_snapshot_file(folder / copy.file, pieces)
        for file in beside:
            with suppress(NotFound):
                write_snapshot_file(folder / file, engine.read_large(window, f"{SNAPSHOT_FOLDER}/{file}"))
        if path.suffix == _DATA:
            read_snapshot_file(path)
    return target / copy.file
