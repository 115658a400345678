"""``rke-py status``: how the cluster is."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("status", cls=Command, short_help="Show nodes, components and etcd members.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.table
@options.log_file
@click.pass_context
def command(
    ctx: click.Context,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Show whether nodes are Ready, whether every component answers its health check, and the etcd members.

    Looks only; a host that does not answer is shown as unreachable. The JSON has healthy, hosts[] with ready and
    components[], and etcd[].

    Examples:
      rke-py status
      rke-py status --output json | jq '.hosts[] | select(.ready | not) | .name'

    Exit status: 0 everything is healthy, 1 something is not or could not be asked, 2 wrong usage, cluster.yml, or no
    cluster was made yet.
    """
    from rke_py.cli.exits import FAILED
    from rke_py.cli.session import Settings, session
    from rke_py.cli.status_text import coloured_status, status_json, status_lines
    from rke_py.workflows.status import status

    app = ctx.ensure_object(App)
    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        found = status(here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth))
    if output == "json":
        click.echo(json.dumps(app.redactor.value(status_json(found)), indent=2))
    else:
        for line in status_lines(found):
            click.echo(coloured_status(app.redactor.text(line)))
    if not found.healthy:
        ctx.exit(FAILED)
