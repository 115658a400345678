"""A snapshot that RKE took, made one of ours: taken out of its archive, read through, with a manifest beside it.

Older releases of RKE write a plain file instead, which is copied.
"""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from rke_py.stores.rke_archive import state_in
from rke_py.stores.rke_cluster import cluster_of
from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import Manifest
from rke_py.tools.rke_archive import of_rke, unpack, unpacked_size
from rke_py.tools.snapshot_check import Reads
from rke_py.tools.snapshot_folder import ARCHIVE, DATA, MANIFEST, UNVERIFIED, embedded_digest, locked, need_room, write
from rke_py.tools.snapshot_folder import sync as on_disk


def take_out(folder: Path, name: str, reads: Reads) -> Manifest:
    """Take a snapshot out of RKE's archive or plain file of that name, which stays, and return its manifest.

    The state in the archive tells of which cluster and which Kubernetes it is; without one nobody can.

    Args:
        folder: Where snapshots lie.
        name: The snapshot's.
        reads: etcd's own program.

    Raises:
        ToolError: There is neither, it is damaged, there is no room, or there is another snapshot of that name.
    """
    unfinished, theirs = folder / (name + UNVERIFIED), of_rke(folder, name)
    if theirs is None:
        raise ToolError(f"there is no archive {name}{ARCHIVE}")
    with locked(folder):
        if (folder / (name + DATA)).exists():
            raise ToolError(f"there is a snapshot {name} beside RKE's already")
        about = theirs.stat()
        unfinished.unlink(missing_ok=True)
        need_room(folder, unpacked_size(theirs, name))
        try:
            unpack(theirs, name, unfinished)
            contents, digest = reads(unfinished), embedded_digest(unfinished)
        except (ToolError, OSError, subprocess.SubprocessError):
            unfinished.unlink(missing_ok=True)  # etcd writes to this disk too
            raise
        manifest = {
            "version": 1,
            "name": name,
            **cluster_of(state_in(theirs, name)),
            "time": datetime.fromtimestamp(about.st_mtime, UTC).isoformat(timespec="seconds"),
            "revision": contents.revision,
            "keys": contents.keys,
            "line": contents.line,
            "hash": contents.digest,
            "sha256": digest,
            "size": unfinished.stat().st_size,
            "state": None,
        }
        write(folder / (name + MANIFEST), (json.dumps(manifest, indent=2) + "\n").encode())
        on_disk(unfinished)
        unfinished.rename(folder / (name + DATA))
        on_disk(folder)
        return manifest
