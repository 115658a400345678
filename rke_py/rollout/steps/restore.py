"""Steps of a restore: stop what stays, prepare data beside those in use, exchange them, one way or the other."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path

from rke_py.errors import EngineError, EtcdError
from rke_py.plan.components.etcd import DATA, NAME
from rke_py.plan.conventions import SNAPSHOT_FOLDER
from rke_py.plan.restore.model import snapshot_path
from rke_py.plan.steps import (
    BringSnapshot,
    PrepareRestore,
    PruneReplaced,
    PutOldBack,
    PutRestoredInPlace,
    StopContainer,
    UnpackSnapshot,
)
from rke_py.rollout.carrier import carrier
from rke_py.rollout.gate import Deed
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command
from rke_py.stores.snapshot_file import read_pieces

_BIND = (f"{DATA}:{DATA}",)
_PREPARE_TIMEOUT = 1800
_MOVE_TIMEOUT = 300


def _stop(step: StopContainer, site: Site) -> None:
    """Stop it once its restart policy is gone: what runs by then must not come back by itself."""
    engine = site.fleet[step.host].engine
    found = engine.inspect(step.name)
    if found is None:
        return
    # Docker refuses that of a container which ends in this very moment
    with suppress(EngineError):
        engine.set_restart(step.name, "no")
    engine.stop(step.name, step.grace)


def _bring(step: BringSnapshot, site: Site) -> None:
    """Stream it through here, from the host that has it or from this machine's disk; who prepares it checks it."""
    target = snapshot_path(step.target)
    with ExitStack() as stack:
        window = stack.enter_context(carrier(step.host, step.tools, (target,), site))
        if step.source:
            path = snapshot_path(step.snapshot)
            # its name follows from the paths, and several hosts may be brought the same one at once
            other = stack.enter_context(carrier(step.source, step.tools, (path, snapshot_path(step.host)), site))
            pieces = site.fleet[step.source].engine.read_large(other, path)
        else:
            pieces = read_pieces(Path(step.file))
        site.fleet[step.host].engine.write_large(window, target, step.size, pieces)


def _unpack(step: UnpackSnapshot, site: Site) -> None:
    command = ("unpack-snapshot", step.snapshot, "--line", step.line)
    binds = (f"{SNAPSHOT_FOLDER}:{SNAPSHOT_FOLDER}",)
    run_tools_command(step.host, command, site, timeout=_PREPARE_TIMEOUT, binds=binds)


def _prepare(step: PrepareRestore, site: Site) -> None:
    command = ["prepare-restore", step.snapshot, "--line", step.line, "--member", step.member, "--peer", step.peer]
    command += ["--sha256", step.sha256, "--members", step.members, "--token", step.token, "--bump", str(step.bump)]
    binds = (*_BIND, f"{SNAPSHOT_FOLDER}:{SNAPSHOT_FOLDER}")
    run_tools_command(step.host, command, site, timeout=_PREPARE_TIMEOUT, binds=binds)


def _does_not_run(step: PutRestoredInPlace | PutOldBack, site: Site) -> None:
    found = site.fleet[step.host].engine.inspect(NAME)
    if isinstance(step, PutOldBack) and not step.moves:
        return
    if found is not None and found.running:
        raise EtcdError("etcd still runs here, so its data are not touched", where=step.host)


def _put_in_place(step: PutRestoredInPlace, site: Site) -> None:
    run_tools_command(step.host, ("put-in-place", "--token", step.token), site, timeout=_MOVE_TIMEOUT, binds=_BIND)


def _put_back(step: PutOldBack, site: Site) -> None:
    command = ("put-back", "--token", step.token)
    binds = (*_BIND, f"{SNAPSHOT_FOLDER}:{SNAPSHOT_FOLDER}")
    run_tools_command(step.host, command, site, timeout=_MOVE_TIMEOUT, binds=binds)


def _prune(step: PruneReplaced, site: Site) -> None:
    command = ("prune-replaced", "--keep", str(step.keep))
    run_tools_command(step.host, command, site, timeout=_MOVE_TIMEOUT, binds=_BIND)


BRING = Deed(do=_bring)
UNPACK = Deed(do=_unpack)
STOP = Deed(do=_stop)
PREPARE = Deed(do=_prepare)
PUT_IN_PLACE = Deed(require=_does_not_run, do=_put_in_place)
PUT_BACK = Deed(require=_does_not_run, do=_put_back)
PRUNE = Deed(do=_prune)
