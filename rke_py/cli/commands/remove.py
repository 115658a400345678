"""``rke-py remove``: take the cluster away."""

from __future__ import annotations

from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("remove", cls=Command, short_help="Remove the cluster and leave the hosts as they were.")
@click.option("--yes", "-y", "--force", is_flag=True, help="Agree beforehand; needed where nobody can be asked.")
@click.option("--delete-snapshots", is_flag=True, help="Delete the etcd snapshots on the hosts too.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.config
@options.output
@options.log_file
@click.pass_obj
def command(
    app: App,
    yes: bool,
    delete_snapshots: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Remove the cluster and all its data, and leave the hosts as they were found.

    Stops kubelet, then removes pods, containers, files, mounts, interfaces and packet filter rules of the cluster, and
    looks whether all of it is gone. Nothing is drained. etcd snapshots in /opt/rke/etcd-snapshots are kept unless you
    say otherwise; so are images.

    The state file is kept until every host is clean: run it again when a host did not answer.

    Examples:
      rke-py remove
      rke-py remove --yes --delete-snapshots

    Exit status: 0 all hosts are clean, 1 failed or not agreed to, 2 wrong usage or cluster.yml, 130 interrupted.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.remove import remove

    settings = Settings(config=config, output=Output(output), yes=yes, quiet=quiet, log_file=log_file)
    with session(settings, app.redactor) as here:
        remove(
            here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth),
            snapshots=delete_snapshots,
        )
