"""Steps on etcd snapshots: take one on a member's own host and verify it there."""

from __future__ import annotations

import json

from rke_py.pki.paths import FOLDER, certificate_path
from rke_py.plan.components.snapshots import FOLDER_OF_SNAPSHOTS as SNAPSHOTS
from rke_py.plan.conventions import https_url
from rke_py.plan.steps import SaveSnapshot
from rke_py.progress import Note
from rke_py.rollout.gate import Deed
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command

_CLIENT_PORT = 2379
_TIMEOUT = 1800


def _save(step: SaveSnapshot, site: Site) -> None:
    """Take it with etcd's own programs on the member's host, so that no database travels, and say what it holds.

    One that a killed run left unverified is removed by the next.
    """
    about = {
        **step.about,
        "encryption_keys": step.encryption_keys,
        "time": site.time.now().isoformat(timespec="seconds"),
        "automatic": bool(step.keep),
    }
    copy = site.state_copy()
    own = certificate_path(step.own)
    command = ["save-snapshot", step.name, "--line", step.line, "--endpoint", https_url("127.0.0.1", _CLIENT_PORT)]
    command += ["--own", own.removesuffix(".pem"), "--ca", certificate_path("kube-etcd-ca")]
    command += ["--about", json.dumps(about, sort_keys=True), "--keep", str(step.keep)]
    command += ["--with-state"] if copy else []
    binds = (f"{SNAPSHOTS}:{SNAPSHOTS}", f"{FOLDER}:{FOLDER}:ro")
    manifest = run_tools_command(step.host, command, site, timeout=_TIMEOUT, binds=binds, stdin=copy)
    text = "snapshot {name}: revision {revision}, {keys} keys, {megabytes:.1f} MB, verified".format(
        **manifest, megabytes=manifest["size"] / 1e6
    )
    site.reporter.report(Note(host=step.host, text=text))


SAVE = Deed(do=_save)
