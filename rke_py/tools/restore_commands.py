"""The commands that bring a snapshot into a member's data directory; what they do is in ``restoring``.

What RKE's archives tell takes a while to import, so only the command that needs it does.
"""

from __future__ import annotations

import argparse
from base64 import b64encode
from functools import partial
from pathlib import Path
from typing import Any

from rke_py.tools import files, restoring
from rke_py.tools.etcd_line import contents
from rke_py.tools.rke_archive import state_of

_DATA, _SNAPSHOTS = Path(files.ETCD_DATA), Path(files.SNAPSHOTS)


def add_restore_commands(commands: Any) -> None:
    """Add them to the program's commands."""
    command = commands.add_parser("look-at-restore", help="tell what is here of a snapshot and of its restore")
    command.add_argument("name")
    command.add_argument("--token", required=True, help="of the restore")
    command.set_defaults(run=_look)

    command = commands.add_parser("unpack-snapshot", help="take a snapshot out of RKE's archive and verify it")
    command.add_argument("name")
    command.add_argument("--line", required=True, help="etcd's line: 3.6")
    command.set_defaults(run=_unpack)

    command = commands.add_parser("prepare-restore", help="make a member's data of a snapshot, beside what is there")
    command.add_argument("name")
    command.add_argument("--sha256", required=True, help="of the snapshot")
    command.add_argument("--line", required=True, help="etcd's line: 3.6")
    command.add_argument("--member", required=True, metavar="NAME")
    command.add_argument("--peer", required=True, metavar="URL")
    command.add_argument("--members", required=True, metavar="NAME=URL,...")
    command.add_argument("--token", required=True, help="of the new cluster")
    command.add_argument("--bump", required=True, type=int, help="by how much revisions go up")
    command.set_defaults(run=_prepare)

    for name, run, text in (
        ("put-in-place", _put_in_place, "let etcd have the data that were prepared; it must not run"),
        ("put-back", _put_back, "let etcd have the data that were there before; it must not run"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--token", required=True, help="of the restore")
        command.set_defaults(run=run)

    command = commands.add_parser(
        "read-state", help="tell the state of a snapshot: ours beside it, or RKE's in its archive"
    )
    command.add_argument("name")
    command.set_defaults(run=_read_state)

    command = commands.add_parser("keep-member-data", help="copy what etcd reads aside; it must not run")
    command.add_argument("--token", required=True, help="what the copy is called by")
    command.set_defaults(run=_keep)

    command = commands.add_parser("prune-replaced", help="drop the oldest data that restores replaced")
    command.add_argument("--keep", required=True, type=int, help="how many of them stay")
    command.set_defaults(run=_prune)


def _look(given: argparse.Namespace) -> dict[str, Any]:
    return restoring.look(given.name, given.token, _DATA, _SNAPSHOTS)


def _unpack(given: argparse.Namespace) -> dict[str, Any]:
    from rke_py.tools.unpacking import take_out

    return take_out(_SNAPSHOTS, given.name, partial(contents, given.line))


def _prepare(given: argparse.Namespace) -> dict[str, Any]:
    membership = restoring.Membership(
        name=given.member, peer=given.peer, members=given.members, token=given.token, bump=given.bump
    )
    restoring.prepare(given.name, given.sha256, membership, restoring.Etcdutl(line=given.line), _DATA, _SNAPSHOTS)
    return {"prepared": given.token}


def _put_in_place(given: argparse.Namespace) -> dict[str, Any]:
    restoring.put_in_place(given.token, _DATA)
    return {"in_place": given.token}


def _put_back(given: argparse.Namespace) -> dict[str, Any]:
    return {"had_been_in_place": restoring.put_back(given.token, _DATA, _SNAPSHOTS)}


def _read_state(given: argparse.Namespace) -> dict[str, Any]:
    content = state_of(_SNAPSHOTS, given.name)
    return {"state": None if content is None else b64encode(content).decode()}


def _keep(given: argparse.Namespace) -> dict[str, Any]:
    restoring.keep_member(given.token, _DATA)
    return {"kept": given.token}


def _prune(given: argparse.Namespace) -> dict[str, Any]:
    return {"dropped": restoring.prune(given.keep, _DATA)}
