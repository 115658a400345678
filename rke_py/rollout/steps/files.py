"""Steps on files: write through a carrier and read back, delete through the tools container."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rke_py.errors import ProofFailed
from rke_py.plan.conventions import FOLDER
from rke_py.plan.files import FileSpec
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

    What is there as wanted is left alone: an earlier turn of this run may have written a file that two components read,
    and written once more it would be newer than the first of them.
    """
    host, paths = site.fleet[step.host], [file.path for file in step.files]
    modified = site.time.now() + host.clock_offset + timedelta(milliseconds=1)
    with carrier(step.host, step.carrier, paths, site) as name:
        wrong = _wrong(step.files, host.engine, name)
        if wrong:
            host.engine.write_files(name, wrong, modified)
            wrong = _wrong(wrong, host.engine, name)
    if wrong:
        folder = on_host(FOLDER, site.prefix(step.host))
        raise ProofFailed(
            step.host,
            f"files are not on the host as they were written: {', '.join(file.path for file in wrong)}",
            hint=f"Is the disk full, or the folder read-only? Look with: df -h {folder}",
        )


def _wrong(files: Sequence[FileSpec], engine: Engine, window: str) -> tuple[FileSpec, ...]:
    """Return the files that are not on the host as they are wanted."""
    folders = mounted_folders(file.path for file in files)
    found = {path: file for folder in folders for path, file in engine.read_files(window, folder).items()}
    return changed_files(files, found)


def _delete(step: DeleteFiles, site: Site) -> None:
    run_tools_command(step.host, ("delete", *step.paths), site, timeout=60)


def _install_cni(step: InstallCni, site: Site) -> None:
    run_tools_command(step.host, ("install-cni",), site, timeout=60)


INSTALL_CNI = Deed(do=_install_cni)
WRITE = Deed(do=_write)
DELETE = Deed(do=_delete)
