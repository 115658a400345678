"""``rke-py etcd``: etcd's members and snapshots."""

from __future__ import annotations

from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.commands.etcd_care import alarm, defrag
from rke_py.cli.commands.etcd_members import health, members
from rke_py.cli.commands.etcd_recover import command as recover
from rke_py.cli.commands.etcd_snapshot_restore import command as restore
from rke_py.cli.pages import Group
from rke_py.cli.root import App


@click.group("etcd", cls=Group, short_help="Look after etcd: snapshots, restore, members.")
def command() -> None:
    """Look after etcd, which holds everything that the cluster knows.

    Exit status: see "rke-py etcd snapshot save --help".
    """


@command.group("snapshot", cls=Group, short_help="Take snapshots, and go back to one.")
def snapshot() -> None:
    """Take snapshots: what a cluster is put back from when nothing else is left.

    "up" takes one by itself before it touches etcd's members, the version of the API servers, or keys.

    Exit status: see "rke-py etcd snapshot save --help".
    """


@snapshot.command("save", short_help="Take a snapshot on every member and verify it.")
@click.option("--name", default="", metavar="NAME", help="What it is called.  [default: snapshot_ and the time]")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.config
@options.output
@options.log_file
@click.pass_obj
def save(
    app: App,
    name: str,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Take a snapshot on every etcd member, through etcd's own API, and verify it where it lies.

    On each member /opt/rke/etcd-snapshots then has NAME.db, and NAME.json with its revision, number of keys, checksum
    and versions. Verified means: its checksum fits, etcd's own program reads it from the first key to the last, and it
    is not older than what the member had before. It holds every Secret: only root can read it.

    Examples:
      rke-py etcd snapshot save
      rke-py etcd snapshot save --name before-the-move

    Exit status: 0 every member has it, 1 none has it, 2 wrong usage, cluster.yml, or no cluster was made yet, 3 some
    members have it; the message says which do not.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.snapshots import save_snapshot

    settings = Settings(config=config, output=Output(output), quiet=quiet, log_file=log_file)
    with session(settings, app.redactor) as here:
        save_snapshot(here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth), name)


snapshot.add_command(restore)
for _command in (members, health, defrag, alarm, recover):
    command.add_command(_command)
