"""``rke-py adopt``: look at a cluster that RKE made."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("adopt", cls=Command, short_help="Show what taking over a cluster of RKE's finds.")
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
    """Show what there is of a cluster that RKE made, what is not as RKE left it, and what has to be mended first.

    Run it beside the cluster.yml and the cluster.rkestate that RKE used; one that is lost is made again with "rke-py
    state recover". Nothing is changed, neither here nor on a host, and RKE goes on working. That the file is the
    cluster's own is proved by its certificates: every component is asked with the identity that the file has, and has
    to show one that the file's CA signed.

    Examples:
      rke-py adopt
      rke-py adopt --output json | jq '.blocks[].what'

    Exit status: 0 nothing stands against taking it over, 1 something does, 2 wrong usage or cluster.yml.
    """
    from rke_py.cli.adoption_text import adoption_json, adoption_lines
    from rke_py.cli.exits import FAILED
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.adoption import adoption

    app = ctx.ensure_object(App)
    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        found = adoption(here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth))
    if output == "json":
        click.echo(json.dumps(app.redactor.value(adoption_json(found)), indent=2))
    else:
        for line in adoption_lines(found):
            click.echo(app.redactor.text(line))
    if not found.ready:
        ctx.exit(FAILED)
