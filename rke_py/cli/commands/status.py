"""``rke-py status``: how the cluster is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("status", cls=Command, short_help="Show nodes, components, etcd members, and what differs.")
@click.option("--watch", "-w", is_flag=True, help="Look again and again until Ctrl-C.")
@click.option(
    "--interval",
    type=click.FloatRange(min=1),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="With --watch: the pause between two looks.",
)
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.table
@options.log_file
@click.pass_context
def command(
    ctx: click.Context,
    watch: bool,
    interval: float,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Show whether nodes are Ready, whether every component answers its health check, and the etcd members.

    Below stand the certificates that end soon, rotations under way, what differs from cluster.yml, and how the last run
    ended. Looks only; a host that does not answer is shown as unreachable. What is wrong and why is for "rke-py
    doctor". The JSON has healthy, hosts[] with ready and components[], etcd[], ending[], under_way[], drift with
    steps[], and last_run; with --watch it is one object a line, with error in place of the rest where a look failed.

    Examples:
      rke-py status
      rke-py status --watch
      rke-py status --output json | jq '.hosts[] | select(.ready | not) | .name'

    Exit status: 0 everything is healthy, 1 something is not or could not be asked, 2 wrong usage, cluster.yml, or no
    cluster was made yet.
    """
    from rke_py.cli.exits import FAILED
    from rke_py.cli.session import Settings, session
    from rke_py.cli.status_text import coloured_status, look_json, look_lines
    from rke_py.errors import RkeError
    from rke_py.workflows.status import ClusterStatus, status, watched

    app = ctx.ensure_object(App)

    def show(found: ClusterStatus | RkeError) -> None:
        if output == "json":
            indent = None if watch else 2
            click.echo(json.dumps(app.redactor.value(look_json(found)), indent=indent))
            return
        if watch:
            click.clear()
            click.echo(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, every {interval:g} s until Ctrl-C")
        for line in look_lines(found):
            click.echo(coloured_status(app.redactor.text(line)))

    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        found: ClusterStatus | RkeError
        if watch:
            for found in watched(context, lambda: here.wait(interval)):
                show(found)
        else:
            found = status(context)
    if not watch:
        show(found)
    if isinstance(found, RkeError) or not found.healthy:
        ctx.exit(FAILED)
