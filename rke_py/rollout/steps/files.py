"""Steps on files: write through a carrier and read back, delete through the tools container."""

from __future__ import annotations

from datetime import timedelta

from rke_py.errors import ProofFailed
from rke_py.plan.steps import DeleteFiles, InstallCni, WriteFiles
from rke_py.rollout.carrier import carrier, mounted_folders
from rke_py.rollout.gate import Deed
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command


def _write(step: WriteFiles, site: Site) -> None:
    """Write with the host's own time, so that a container older than its files is seen as such."""
    host = site.fleet[step.host]
    paths = [file.path for file in step.files]
    modified = site.time.now() + host.clock_offset + timedelta(milliseconds=1)
    with carrier(step.host, step.carrier, paths, site) as name:
        host.engine.write_files(name, step.files, modified)
        folders = mounted_folders(paths)
        found = {path: file for folder in folders for path, file in host.engine.read_files(name, folder).items()}
    wrong = [file.path for file in step.files if file.path not in found or not found[file.path].same_as(file)]
    if wrong:
        raise ProofFailed(
            step.host,
            f"files are not on the host as they were written: {', '.join(wrong)}",
            hint="Is the disk full, or the folder read-only? Look with: df -h /etc/kubernetes",
        )


def _delete(step: DeleteFiles, site: Site) -> None:
    run_tools_command(step.host, ("delete", *step.paths), site, timeout=60)


def _install_cni(step: InstallCni, site: Site) -> None:
    run_tools_command(step.host, ("install-cni",), site, timeout=60)


INSTALL_CNI = Deed(do=_install_cni)
WRITE = Deed(do=_write)
DELETE = Deed(do=_delete)
