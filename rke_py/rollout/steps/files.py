"""Steps on files: write through a carrier and read back, delete through the tools container."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from rke_py.errors import EngineError, ProofFailed
from rke_py.plan.conventions import FOLDER
from rke_py.plan.files import FileSpec, FoundFile
from rke_py.plan.prefix import on_host
from rke_py.plan.reconcile import changed_files
from rke_py.plan.steps import DeleteFiles, InstallCni, WriteFiles
from rke_py.rollout.carrier import carrier, mounted_folders
from rke_py.rollout.gate import Deed
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command
from rke_py.transport.interface import Engine


def _write(step: WriteFiles, site: Site) -> None:
    """Write with the host's own time, so that a container older than its files is seen as such.

    A file that only gets another mode or owner keeps its time: no container is older than what it says.
    What is there as wanted is left alone: an earlier turn of this run may have written a file that two components read,
    and written once more it would be newer than the first of them.
    What was there is put back when that fails half way, on a full disk say: Docker removes a file before it writes it.
    """
    host, paths = site.fleet[step.host], [file.path for file in step.files]
    modified = site.time.now() + host.clock_offset + timedelta(milliseconds=1)
    with carrier(step.host, step.carrier, paths, site) as window:
        there = _there(step.files, host.engine, window)
        changed = changed_files(step.files, there)
        try:
            for at, files in _by_time(changed, there, modified).items():
                host.engine.write_files(window, files, at)
            _prove_written(changed, step.host, window, site)
        except (EngineError, ProofFailed) as fault:
            evidence = (*fault.evidence, *_put_back(changed, there, host.engine, window))
            raise ProofFailed(step.host, fault.what, evidence=evidence, hint=fault.hint) from fault


def _prove_written(files: Sequence[FileSpec], host: str, window: str, site: Site) -> None:
    if wrong := changed_files(files, _there(files, site.fleet[host].engine, window)):
        raise ProofFailed(
            host,
            f"files are not on the host as they were written: {', '.join(file.path for file in wrong)}",
            hint=f"Is the disk full, or the folder read-only? Look with: df -h {on_host(FOLDER, site.prefix(host))}",
        )


def _put_back(
    changed: Sequence[FileSpec], there: Mapping[str, FoundFile], engine: Engine, window: str
) -> tuple[str, ...]:
    """Write again what was there, with the time that it had; return why that failed, file by file."""
    failed: list[str] = []
    for found in (there[file.path] for file in changed if file.path in there):
        try:
            engine.write_files(window, (found.kept(),), found.modified)
        except EngineError as fault:
            failed.append(f"{found.path} could not be put back: {fault.what}")
    return tuple(failed)


def _there(files: Sequence[FileSpec], engine: Engine, window: str) -> Mapping[str, FoundFile]:
    """Return what is on the host in the folders of some files."""
    folders = mounted_folders(file.path for file in files)
    return {path: file for folder in folders for path, file in engine.read_files(window, folder).items()}


def _by_time(
    files: Sequence[FileSpec], there: Mapping[str, FoundFile], now: datetime
) -> Mapping[datetime, tuple[FileSpec, ...]]:
    """Return the files by the time that each is to have, in their order."""
    times: dict[datetime, tuple[FileSpec, ...]] = {}
    for file in files:
        found = there.get(file.path)
        at = found.modified if found is not None and found.says(file) else now
        times[at] = (*times.get(at, ()), file)
    return times


def _delete(step: DeleteFiles, site: Site) -> None:
    run_tools_command(step.host, ("delete", *step.paths), site, timeout=60)


def _install_cni(step: InstallCni, site: Site) -> None:
    run_tools_command(step.host, ("install-cni",), site, timeout=60)


INSTALL_CNI = Deed(do=_install_cni)
WRITE = Deed(do=_write)
DELETE = Deed(do=_delete)
