"""The state that lies beside a snapshot, for an operator who lost the one beside cluster.yml."""

from __future__ import annotations

from base64 import b64decode
from contextlib import ExitStack
from pathlib import Path

from rke_py.cluster.model import Role
from rke_py.errors import UsageError
from rke_py.plan.conventions import SNAPSHOT_FOLDER
from rke_py.progress import Note
from rke_py.state.cluster_copy import is_sealed, read_copy
from rke_py.state.model import State
from rke_py.stores.rke_archive import state_in
from rke_py.stores.snapshot_file import ARCHIVE
from rke_py.stores.statefile import Saved
from rke_py.transport.parallel import apart, for_each
from rke_py.transport.tools import run_tools
from rke_py.workflows.context import Context
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.pulls import images_of
from rke_py.workflows.snapshot_fetch import fetch_from_s3
from rke_py.workflows.snapshot_sources import Wanted

_TIMEOUT = 60
_STATE = ".rkestate"
_RECOVER = "make the state again from a cluster that still answers: rke-py state recover"
_SEALED = (
    "The state beside a snapshot is encrypted: give its key by RKE_PY_STATE_KEY or RKE_PY_STATE_KEY_FILE. Or "
    f"{_RECOVER}"
)
_NONE = f"Put your own copy of it back, or {_RECOVER}"


def state_of_snapshot(context: Context, wanted: Wanted, saved: Saved) -> State:
    """Return the state of the time of a snapshot; of ours certificates that can be issued again are not in it.

    Ours is encrypted, and lies beside the snapshot. RKE's is in its archive, readable to whoever has that.

    Raises:
        UsageError: There is no key for it, or the snapshot has none.
        StateError: It is damaged, or encrypted with another key.
    """
    missing = f"there is no {context.state_path.name} beside {context.config}"
    kept, silent = (_beside(wanted.path), ()) if wanted.path else _on_hosts(context, wanted, saved)
    if kept is None:
        where = " on the hosts that could be asked" if silent else ""
        raise UsageError(f"{missing}, and none beside the snapshot either{where}", evidence=silent, hint=_NONE)
    if is_sealed(kept) and context.state_key is None:
        raise UsageError(missing, hint=_SEALED)
    state = read_copy(kept, context.state_key)
    context.reporter.report(Note(text=f"the state is the one beside the snapshot (serial {state.serial})"))
    return state


def _beside(path: Path) -> bytes | None:
    try:
        return path.with_suffix(_STATE).read_bytes()
    except OSError:
        return state_in(path, path.stem) if path.suffix == ARCHIVE else None


def _on_hosts(context: Context, wanted: Wanted, saved: Saved) -> tuple[bytes | None, tuple[str, ...]]:
    """Return what the first member's host gives that has it, once it was brought there where it lies in S3.

    Beside it stands why some hosts could not be asked.
    """
    cluster = load_cluster(context.config, text=context.text).cluster
    image, bind = cluster.images.tools, f"{SNAPSHOT_FOLDER}:{SNAPSHOT_FOLDER}"
    with ExitStack() as stack:
        fleet = stack.enter_context(context.edges.fleet(cluster, context))
        images = stack.enter_context(images_of(cluster, fleet, context))
        members = [host.name for host in cluster.with_role(Role.ETCD)]
        silent = {name: str(fleet.faults[name]) for name in members if name in fleet.faults}

        def told(host: str) -> bytes | None:
            images.ensure(host, image)
            command = ("read-state", wanted.name)
            found = run_tools(fleet[host].engine, host, image, command, timeout=_TIMEOUT, binds=(bind,))["state"]
            return b64decode(found) if found else None

        def every() -> bytes | None:
            answers, faults = apart(for_each([name for name in members if name not in silent], told))
            silent.update({name: str(fault) for name, fault in faults.items()})
            return next((found for found in answers.values() if found), None)

        found = every()
        if found is None and wanted.may_be_in_s3(cluster):
            fetch_from_s3(cluster, fleet, images, saved, context, wanted)
            found = every()
        return found, tuple(silent.values())
