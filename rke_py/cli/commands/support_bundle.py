"""``rke-py support-bundle``: everything that somebody who is to help has to see."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("support-bundle", cls=Command, short_help="Collect what helpers have to see, without secrets.")
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where it goes.  [default: cluster-support-TIME.tar.gz beside cluster.yml]",
)
@click.option(
    "--lines", type=click.IntRange(min=0), default=300, show_default=True, help="Lines of each container's log."
)
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.output
@options.log_file
@click.pass_obj
def command(
    app: App,
    path: Path | None,
    lines: int,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Write a tar.gz with cluster.yml, log and journal, status, diagnosis, containers and their logs, and objects.

    Private keys, passwords and tokens are taken out, and so are the values in every container's environment. What
    cannot be collected is left out and named. Look through it before you give it away: it has addresses and names. A
    log that runs were told to keep elsewhere comes along when --log-file names it here too.

    Examples:
      rke-py support-bundle
      rke-py support-bundle --file /tmp/bundle.tar.gz --lines 1000

    Exit status: 0 written, whatever is lacking in it, 1 it cannot be written, 2 wrong usage or cluster.yml.
    """
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.support import support_bundle

    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        made = support_bundle(context, app.redactor.text, path, lines, log=log_file)
    if output == "json":
        click.echo(json.dumps({"path": str(made.path), "files": made.files, "lacking": made.lacking}, indent=2))
        return
    for line in made.lacking:
        click.echo(f"lacking: {line}")
    click.echo(f"{made.path}: {len(made.files)} files")
