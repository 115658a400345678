"""``rke-py upgrade``: what another Kubernetes version would mean."""

from __future__ import annotations

from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.answers import print_answer
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("upgrade", cls=Command, short_help="Show the way to another Kubernetes version; up goes it.")
@click.option("--to", "version", required=True, metavar="VERSION", help="The version to look at: v1.34.4.")
@click.option("--diff", is_flag=True, help="Show below each step the fields, files and objects that differ.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.output
@options.log_file
@click.pass_context
def command(
    ctx: click.Context,
    version: str,
    diff: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Show what "up" would do if cluster.yml asked for another Kubernetes version, and what speaks against it.

    Nothing is changed: neither cluster.yml nor a host. Looked at are the versions that run (no way back, no minor
    release skipped, kubelets and API servers near enough to each other, etcd members from which the new one is
    reached), flags of extra_args that the version no longer knows, add-ons, clients and objects that use APIs which it
    does not serve, and everything that "plan" looks at.

    To do it write kubernetes_version into cluster.yml and run "rke-py up". A run that stops half way, by Ctrl-C too,
    is continued by the same command.

    Examples:
      rke-py upgrade --to v1.34.4
      rke-py upgrade --to v1.34.4 --output json | jq .missing_images

    Exit status: 0 nothing speaks against it, 1 something does, 2 wrong usage, or faults in cluster.yml with that
    version.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.cli.upgrade_text import upgrade_json, upgrade_lines
    from rke_py.workflows.upgrade import preview_upgrade

    app = ctx.ensure_object(App)
    settings = Settings(config=config, output=Output(output), answer=True, log_file=log_file)
    with session(settings, app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        found = preview_upgrade(context, version)
    print_answer(app.redactor, output, upgrade_json(found), upgrade_lines(found, diff=diff))
