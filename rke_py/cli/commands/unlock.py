"""``rke-py unlock``: who works on the cluster, and taking it from a run that is gone."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("unlock", cls=Command, short_help="Show who works on the cluster; free it of a run that is gone.")
@click.option("--force", is_flag=True, help="Take the lock and the Lease from whoever holds them.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.table
@options.log_file
@click.pass_context
def command(
    ctx: click.Context,
    force: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Show who holds the lock of the state file and the Lease kube-system/rke-py in the cluster.

    Both go by themselves: the lock with its process, the Lease 15 seconds after its holder renewed it last. A run that
    is alive renews it every 5 seconds, and this command watches for that. --force is for what did not go, such as a
    lock on a network file system whose client died. A run that is alive after all stops before its next step.

    Examples:
      rke-py unlock
      rke-py unlock --force

    Exit status: 0 nobody holds anything, or it was freed, 1 somebody does, or the Lease could not be looked at, 2 wrong
    usage.
    """
    from rke_py.cli.exits import FAILED
    from rke_py.cli.session import Settings, session
    from rke_py.cli.unlock_text import locks_lines
    from rke_py.workflows.unlock import unlock

    app = ctx.ensure_object(App)
    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        found = unlock(context, force=force)
    if output == "json":
        click.echo(json.dumps(app.redactor.value(asdict(found)), indent=2, default=str))
    else:
        for line in locks_lines(found):
            click.echo(app.redactor.text(line))
    if found.unknown or (found.held and not found.freed):
        ctx.exit(FAILED)
