"""``rke-py plan``: show what ``up`` would do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App

if TYPE_CHECKING:
    from rke_py.cli.console.choose import Output


@click.command("plan", cls=Command, short_help="Show what up would do, and touch nothing.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 4 when there is something to do.")
@click.option("--offline", is_flag=True, help="Contact nobody: show what every host is to carry by cluster.yml alone.")
@options.only
@options.skip
@options.custom_certs
@options.cert_dir
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.output
@options.log_file
@click.pass_context
def command(
    ctx: click.Context,
    detailed_exitcode: bool,
    offline: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    custom_certs: bool,
    cert_dir: Path | None,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Show what "up" would do, step by step, with the reason of each; nothing is touched, here or on a host.

    With --offline nobody is contacted: every container of every host is shown as cluster.yml wants it, of any version
    in the catalog. As JSON it has the shape of RKE's own plans, with flags, binds, environment, files, labels and
    ports; a secret is shown as the first digits of its digest.

    Examples:
      rke-py plan
      rke-py plan --offline --output json | jq '.plan.nodes[0].processes.kubelet.command'
      rke-py plan --detailed-exitcode || echo "cluster.yml and the cluster differ"
      rke-py plan --output json | jq '.stages[].name'

    Exit status: 0 looked (with --detailed-exitcode: nothing to do), 1 failed, 2 wrong usage or cluster.yml, 4 with
    --detailed-exitcode when there is something to do.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.exits import FOUND
    from rke_py.cli.plan_text import print_plan
    from rke_py.cli.session import Certificates, Settings, session
    from rke_py.workflows.plan import plan

    if offline:
        _offline(config, Output(output), detailed_exitcode)
        return
    app = ctx.ensure_object(App)
    settings = Settings(config=config, output=Output(output), answer=True, log_file=log_file)
    with session(settings, app.redactor) as here:
        own = Certificates(custom_certs, cert_dir)
        wanted = plan(
            here.context(
                accept_new_host_keys=accept_new_host_keys,
                ssh_agent_auth=ssh_agent_auth,
                only=only,
                skip=skip,
                certificates=own,
            )
        )
    print_plan(wanted, settings.output, app.redactor)
    if detailed_exitcode and not wanted.empty:
        ctx.exit(FOUND)


def _offline(config: Path, output: Output, detailed_exitcode: bool) -> None:
    from rke_py.cli.offline_text import print_offline
    from rke_py.workflows.context import Context
    from rke_py.workflows.offline import offline_plan

    if detailed_exitcode:
        raise click.UsageError("--offline finds no changes, so that --detailed-exitcode has nothing to tell.")
    print_offline(offline_plan(Context(config=config)), output)
