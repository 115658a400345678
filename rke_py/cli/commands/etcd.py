"""``rke-py etcd``: etcd's members and snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rke_py.cli import options
from rke_py.cli.commands.etcd_care import alarm, defrag
from rke_py.cli.commands.etcd_members import health, members
from rke_py.cli.commands.etcd_recover import command as recover
from rke_py.cli.commands.etcd_snapshot_restore import command as restore
from rke_py.cli.commands.etcd_snapshots import delete, download, list_, prune, verify
from rke_py.cli.pages import Group
from rke_py.cli.root import App
from rke_py.cli.s3_options import s3_of, s3_options


@click.group("etcd", cls=Group, short_help="Look after etcd: snapshots, restore, members.")
def command() -> None:
    """Look after etcd, which holds everything that the cluster knows.

    Exit status: see "rke-py etcd snapshot save --help".
    """


@command.group("snapshot", cls=Group, short_help="Take snapshots, look after them, and go back to one.")
def snapshot() -> None:
    """Take snapshots: what a cluster is put back from when nothing else is left.

    "up" takes one by itself before it touches etcd's members, the version of the API servers, or keys.

    Exit status: see "rke-py etcd snapshot save --help".
    """


@snapshot.command("save", short_help="Take a snapshot on every member and verify it.")
@click.option("--name", default="", metavar="NAME", help="What it is called.  [default: snapshot_ and the time]")
@click.option("--rke-format", is_flag=True, help="Write it as an archive of RKE's too, NAME.zip.")
@s3_options
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.config
@options.output
@options.log_file
@click.pass_obj
def save(
    app: App,
    /,
    name: str,
    rke_format: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    config: Path,
    output: str,
    log_file: Path | None,
    **s3: Any,
) -> None:
    """Take a snapshot on every etcd member, through etcd's own API, and verify it where it lies.

    On each member /opt/rke/etcd-snapshots then has NAME.db, and NAME.json with its revision, number of keys, checksum
    and versions. Verified means: its checksum fits, etcd's own program reads it from the first key to the last, and it
    is not older than what the member had before. It holds every Secret: only root can read it.

    With a state key (RKE_PY_STATE_KEY, or a file that RKE_PY_STATE_KEY_FILE names) the state lies beside it, encrypted.
    Where cluster.yml has services.etcd.backup_config.s3backupconfig, or --s3 is given, one member copies its own to S3.

    Examples:
      rke-py etcd snapshot save
      rke-py etcd snapshot save --name before-the-move

    Exit status: 0 every member has it, 1 none has it, 2 wrong usage, cluster.yml, or no cluster was made yet, 3 some
    members have it, or S3 has not; the message says which do not.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.snapshots import save_snapshot

    settings = Settings(config=config, output=Output(output), quiet=quiet, log_file=log_file)
    with session(settings, app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        save_snapshot(context, name, s3=s3_of(s3), rke_format=rke_format)


for _of_snapshots in (list_, verify, download, prune, delete, restore):
    snapshot.add_command(_of_snapshots)
for _command in (members, health, defrag, alarm, recover):
    command.add_command(_command)
