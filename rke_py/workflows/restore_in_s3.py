"""A snapshot that was said to lie in S3, and of whose name members have one too: which file is meant."""

from __future__ import annotations

from rke_py.errors import UsageError
from rke_py.workflows.context import Context
from rke_py.workflows.snapshot_fetch import checked_place
from rke_py.workflows.snapshot_places import Places
from rke_py.workflows.snapshot_sources import Wanted


def by_name(name: str) -> str:
    """Say how the file on a member is restored, whatever is in S3."""
    return f"For the one on a member name it alone: rke-py etcd snapshot restore {name}"


def checksum_in_s3(places: Places, wanted: Wanted, context: Context) -> str:
    """Return the checksum of a snapshot in S3 by its manifest; empty for an archive of RKE's, which has none.

    Args:
        places: The members' hosts, each a way to the folder in S3.
        wanted: The snapshot.
        context: Keeps the keys of S3 out of what is shown.

    Raises:
        UsageError: Nothing names S3, it is another place than the URL, or it is not there.
        HostError: No member's host reaches S3.
    """
    place = checked_place(places.cluster, wanted, context, hint=by_name(wanted.name))
    _, told = places.ask_s3(["list-snapshots"])
    entries = [entry for entry in told["snapshots"] if entry["name"] == wanted.name]
    if not entries:
        raise UsageError(f"there is no snapshot {wanted.name} in {place}", hint=by_name(wanted.name))
    return str((entries[0]["manifest"] or {}).get("sha256", ""))
