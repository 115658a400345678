"""``rke-py version``: of the program and of the cluster."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import click

from rke_py import __version__
from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("version", cls=Command, short_help="Show the versions of rke-py and of the cluster.")
@click.option("--client", is_flag=True, help="Only that of rke-py; no host is asked.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.output
@click.pass_obj
def command(
    app: App, client: bool, accept_new_host_keys: bool, ssh_agent_auth: bool, config: Path, output: str
) -> None:
    """Show the version of rke-py, the Kubernetes versions it brings along, and what the cluster's nodes run.

    The cluster is asked when there is one: when cluster.yml and its state file are there.

    Examples:
      rke-py version
      rke-py version --client
      rke-py version --output json | jq -r '.nodes'

    Exit status: 0 done, 1 the cluster could not be asked, 2 wrong usage or cluster.yml.
    """
    from rke_py.catalog.upstream import MINORS

    nodes: Mapping[str, str] | None = None
    if not client and config.is_file():
        from rke_py.cli.session import Settings, session
        from rke_py.workflows.version import node_versions

        with session(Settings(config=config, answer=True), app.redactor) as here:
            nodes = node_versions(
                here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
            )
    deploys = [minor.newest for _, minor in sorted(MINORS.items())]
    if output == "json":
        click.echo(json.dumps({"rke-py": __version__, "kubernetes": deploys, "nodes": nodes}, indent=2))
        return
    click.echo(f"rke-py {__version__}, Kubernetes {', '.join(deploys)}")
    for version, count in sorted(Counter((nodes or {}).values()).items()):
        click.echo(f"cluster {version} on {count} {'node' if count == 1 else 'nodes'}")
