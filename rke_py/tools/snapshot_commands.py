"""The commands on snapshots. Settings of S3, which have a secret, come by standard input as one JSON object.

obstore takes a while to import, so only the commands that need it do.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rke_py.tools.files import SNAPSHOTS
from rke_py.tools.snapshot_folder import Kind

if TYPE_CHECKING:
    from rke_py.tools.remote import Remote

_FOLDER = Path(SNAPSHOTS)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:+._-]{0,200}")

Commands = Any
"""What argparse returns for sub-commands, whose class is private."""


def add(commands: Commands) -> None:
    """Add the commands to the parser's."""
    command = commands.add_parser("save-snapshot", help="take and verify a snapshot of this host's etcd member")
    command.add_argument("name", type=_name)
    command.add_argument("--line", required=True, help="etcd's line: 3.6")
    command.add_argument("--endpoint", required=True)
    command.add_argument("--own", required=True, metavar="PATH", help="the certificate to show, without .pem")
    command.add_argument("--ca", required=True, metavar="PATH")
    command.add_argument("--about", required=True, metavar="JSON", help="what the manifest says beside what is found")
    command.add_argument("--keep", type=int, default=0, help="how many of its kind stay")
    command.add_argument("--seconds", type=int, default=900, help="how long it may take")
    command.add_argument("--with-state", action="store_true", help="keep what standard input gives beside it")
    command.add_argument("--rke-format", action="store_true", help="write an archive of RKE's too")
    command.set_defaults(run=_save)

    command = commands.add_parser("list-snapshots", help="tell which snapshots are on the host, or in S3")
    _with_s3(command)
    command.set_defaults(run=_list)

    command = _named(commands, "verify-snapshot", "read a snapshot and compare it with its manifest", _verify)
    command.add_argument("--line", required=True, help="etcd's line: 3.6")
    command.add_argument("--deep", action="store_true", help="start an etcd from it and read it back")
    _with_s3(command)

    command = _named(commands, "delete-snapshot", "delete a snapshot", _delete)
    _with_s3(command)

    command = commands.add_parser("prune-snapshots", help="drop the oldest snapshots beyond a number")
    command.add_argument("--lineage", required=True)
    command.add_argument("--keep", required=True, action="append", metavar="KIND=NUMBER")
    _with_s3(command)
    command.set_defaults(run=_prune)

    _named(commands, "upload-snapshot", "copy a snapshot to S3; its settings come by standard input", _upload)
    _named(commands, "fetch-snapshot", "copy a snapshot from S3; its settings come by standard input", _fetch)

    command = commands.add_parser("keep-state", help="keep standard input, encrypted, beside a schedule of snapshots")
    command.add_argument("--config", required=True, type=Path, metavar="FILE")
    command.set_defaults(run=_keep_state)

    command = commands.add_parser("rolling-snapshots", help="take recurring snapshots until SIGTERM")
    command.add_argument("--config", required=True, type=Path, metavar="FILE")
    command.add_argument("--port", required=True, type=int)
    command.set_defaults(run=_rolling)


def _named(
    commands: Commands, name: str, text: str, run: Callable[[argparse.Namespace], dict[str, Any]]
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text)
    command.add_argument("name", type=_name)
    command.set_defaults(run=run)
    return command


def _name(text: str) -> str:
    """Return a name that stays in the folder; RKE's have colons and signs in them."""
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be the name of a snapshot")
    return text


def _with_s3(command: argparse.ArgumentParser) -> None:
    command.add_argument("--s3", action="store_true", help="in S3, with its settings by standard input")


def _save(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools import snapshots
    from rke_py.tools.etcd_line import EtcdLine

    etcd = EtcdLine(line=given.line, endpoint=given.endpoint, own=given.own, ca=given.ca, save_seconds=given.seconds)
    state = sys.stdin.buffer.read() if given.with_state else None
    about = json.loads(given.about)
    return snapshots.save(given.name, etcd, about, _FOLDER, given.keep, state, rke_format=given.rke_format)


def _list(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools.snapshot_folder import every_snapshot

    if given.s3:
        from rke_py.tools.snapshot_copies import remote_snapshots

        remote = _remote()
        return {"place": remote.place, "snapshots": remote_snapshots(remote)}
    return {"snapshots": [kept.told() for kept in every_snapshot(_FOLDER)]}


def _verify(given: argparse.Namespace) -> dict[str, Any]:
    if given.s3:
        from rke_py.tools.snapshot_copies import verify_remote

        return verify_remote(_remote(), given.name)
    from rke_py.tools.etcd_line import contents, known_line
    from rke_py.tools.revived import revived
    from rke_py.tools.snapshot_check import verify
    from rke_py.tools.snapshot_folder import snapshot

    manifest = snapshot(_FOLDER, given.name).manifest
    line = known_line(str(manifest.get("line", given.line)), given.line)
    revives = partial(revived, line) if given.deep else None
    return verify(_FOLDER, given.name, partial(contents, line), revives)


def _delete(given: argparse.Namespace) -> dict[str, Any]:
    if given.s3:
        from rke_py.tools.snapshot_copies import delete_remote

        return {"deleted": delete_remote(_remote(), given.name)}
    from rke_py.tools.snapshot_folder import delete

    return {"deleted": delete(_FOLDER, given.name)}


def _prune(given: argparse.Namespace) -> dict[str, Any]:
    keep = {Kind(kind): int(number) for kind, _, number in (entry.partition("=") for entry in given.keep)}
    if given.s3:
        from rke_py.tools.snapshot_copies import prune_remote

        return {"deleted": prune_remote(_remote(), given.lineage, keep)}
    from rke_py.tools.snapshots import prune

    return {"deleted": prune(_FOLDER, given.lineage, keep)}


def _upload(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools.snapshot_copies import upload

    return upload(_FOLDER, given.name, _remote())


def _fetch(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools.snapshot_copies import fetch

    return fetch(_FOLDER, given.name, _remote())


def _keep_state(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools.sealed_state import keep_state

    return {"kept": str(keep_state(given.config, sys.stdin.buffer.read()))}


def _rolling(given: argparse.Namespace) -> None:
    from rke_py.tools.rolling_service import serve

    serve(given.config, given.port)


def _remote() -> Remote:
    from rke_py.tools.remote import S3Settings, s3_folder

    return s3_folder(S3Settings.of(json.load(sys.stdin)))
