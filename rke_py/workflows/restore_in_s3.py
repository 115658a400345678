"""A snapshot that was said to lie in S3, and of whose name members have one too: which file is meant."""

from __future__ import annotations

from typing import Any

from rke_py.errors import HostError, UsageError
from rke_py.workflows.context import Context
from rke_py.workflows.snapshot_fetch import place_of
from rke_py.workflows.snapshot_places import Places, need_s3, protect_s3
from rke_py.workflows.snapshot_sources import Wanted

_LOCAL = "For the one on a member name it alone: rke-py etcd snapshot restore "


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
    need_s3(places.cluster)
    protect_s3(places.cluster, context)
    place = place_of(places.cluster)
    if wanted.url and wanted.url.rpartition("/")[0] != place:
        raise UsageError(f"{wanted.url} is not in {place}", hint=f"{_LOCAL}{wanted.name}")
    entries = [entry for entry in _listed(places) if entry["name"] == wanted.name]
    if not entries:
        raise UsageError(f"there is no snapshot {wanted.name} in {place}", hint=f"{_LOCAL}{wanted.name}")
    return str((entries[0]["manifest"] or {}).get("sha256", ""))


def _listed(places: Places) -> list[dict[str, Any]]:
    """Return what S3 has, as the first member's host that reaches it tells."""
    faults: list[HostError] = []
    for host in places.hosts:
        try:
            return list(places.ask(host, ["list-snapshots"], s3=True)["snapshots"])
        except HostError as fault:
            faults.append(fault)
    raise faults[0]
