"""Steps on etcd snapshots: taken on a member's own host and verified there, copied, deleted."""

from __future__ import annotations

import json
from typing import Any

from rke_py.pki.paths import FOLDER, certificate_path
from rke_py.plan.backup import s3_settings
from rke_py.plan.components.snapshots import SCHEDULE
from rke_py.plan.conventions import FOLDER as KUBERNETES
from rke_py.plan.conventions import SNAPSHOT_FOLDER
from rke_py.plan.steps import DeleteSnapshot, FetchSnapshot, KeepState, PruneSnapshots, SaveSnapshot, UploadSnapshot
from rke_py.progress import Note
from rke_py.rollout.gate import Deed
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command

_TIMEOUT = 3600
_BINDS = (f"{SNAPSHOT_FOLDER}:{SNAPSHOT_FOLDER}",)


def _save(step: SaveSnapshot, site: Site) -> None:
    """Take it with etcd's own programs on the member's host, so that no database travels, and say what it holds.

    One that a killed run left unverified is removed by the next.
    """
    about = {
        **step.about,
        "time": site.time.now().isoformat(timespec="seconds"),
        "automatic": bool(step.keep),
    }
    copy = site.state_copy()
    own = certificate_path(step.own)
    command = ["save-snapshot", step.name, "--line", step.line, "--endpoint", step.endpoint]
    command += ["--own", own.removesuffix(".pem"), "--ca", certificate_path(step.ca)]
    command += ["--about", json.dumps(about, sort_keys=True), "--keep", str(step.keep)]
    command += ["--seconds", str(step.seconds), *(["--rke-format"] if step.rke_format else [])]
    command += ["--with-state"] if copy else []
    binds = (f"{SNAPSHOT_FOLDER}:{SNAPSHOT_FOLDER}", f"{FOLDER}:{FOLDER}:ro")
    manifest = run_tools_command(step.host, command, site, timeout=_TIMEOUT, binds=binds, stdin=copy)
    text = "snapshot {name}: revision {revision}, {keys} keys, {megabytes:.1f} MB, verified".format(
        **manifest, megabytes=manifest["size"] / 1e6
    )
    site.reporter.report(Note(host=step.host, text=text))


def _upload(step: UploadSnapshot, site: Site) -> None:
    told = _run(step.host, ["upload-snapshot", step.name], site, s3=True)
    text = f"snapshot {step.name}: {told['size'] / 1e6:.1f} MB copied to {told['place']}"
    site.reporter.report(Note(host=step.host, text=text))


def _fetch(step: FetchSnapshot, site: Site) -> None:
    _run(step.host, ["fetch-snapshot", step.name], site, s3=True)


def _delete(step: DeleteSnapshot, site: Site) -> None:
    _run(step.host, ["delete-snapshot", step.name], site, s3=step.s3)


def _prune(step: PruneSnapshots, site: Site) -> None:
    keep = [word for kind, number in step.keep.items() for word in ("--keep", f"{kind}={number}")]
    told = _run(step.host, ["prune-snapshots", "--lineage", step.lineage, *keep], site, s3=step.s3)
    for name in told["deleted"]:
        site.reporter.report(Note(host=step.host, text=f"deleted {name}{' in S3' if step.s3 else ''}"))


def _keep_state(step: KeepState, site: Site) -> None:
    """Bring the state as it is saved by now; without a key there is nothing to bring."""
    copy = site.state_copy()
    if copy is not None:
        command, binds = ("keep-state", "--config", SCHEDULE), (f"{KUBERNETES}:{KUBERNETES}",)
        run_tools_command(step.host, command, site, timeout=60, binds=binds, stdin=copy)


def _run(host: str, command: list[str], site: Site, *, s3: bool) -> dict[str, Any]:
    """Run a command on snapshots; the keys of S3 go to it by standard input."""
    settings = site.cluster.backup.s3
    if not s3 or settings is None:
        return run_tools_command(host, command, site, timeout=_TIMEOUT, binds=_BINDS)
    told = json.dumps(s3_settings(settings, site.cluster.proxy)).encode()
    flag = [] if command[0] in ("upload-snapshot", "fetch-snapshot") else ["--s3"]
    return run_tools_command(host, [*command, *flag], site, timeout=_TIMEOUT, binds=_BINDS, stdin=told)


SAVE = Deed(do=_save)
UPLOAD = Deed(do=_upload)
FETCH = Deed(do=_fetch)
DELETE = Deed(do=_delete)
PRUNE = Deed(do=_prune)
KEEP_STATE = Deed(do=_keep_state)
