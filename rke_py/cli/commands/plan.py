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
@click.option("--diff", is_flag=True, help="Show below each step the fields, files and objects that differ.")
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PLAN",
    help='Save it, for "rke-py up --plan PLAN".',
)
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
    diff: bool,
    save: Path | None,
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
    """Show what "up" would do: one table of steps in their order, by host; nothing is touched, here or on a host.

    --diff shows what makes each step necessary: the fields of a container, files, objects. --save keeps the plan, and
    "rke-py up --plan" does it only while all that it rests on is as it was: cluster.yml, the state, the hosts. A secret
    is shown as the first digits of its digest.

    With --offline nobody is contacted: every container of every host is shown as cluster.yml wants it, of any version
    in the catalog. As JSON it has the shape of RKE's own plans: the whole configuration, and for every host flags,
    binds, environment, files, labels, ports.

    Examples:
      rke-py plan
      rke-py plan --diff
      rke-py plan --save friday.plan && rke-py up --plan friday.plan
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
    from rke_py.plan.describe import as_data
    from rke_py.workflows.plan import plan_with_basis
    from rke_py.workflows.saved_plans import save_plan

    if offline:
        changes_asked = detailed_exitcode or diff or save is not None
        if only or skip or custom_certs or cert_dir:
            raise click.UsageError("--offline shows every host: leave out --only, --skip, --custom-certs, --cert-dir.")
        _offline(config, Output(output), changes_asked=changes_asked)
        return
    app = ctx.ensure_object(App)
    settings = Settings(config=config, output=Output(output), answer=True, log_file=log_file)
    with session(settings, app.redactor) as here:
        own = Certificates(custom_certs, cert_dir)
        wanted, basis = plan_with_basis(
            here.context(
                accept_new_host_keys=accept_new_host_keys,
                ssh_agent_auth=ssh_agent_auth,
                only=only,
                skip=skip,
                certificates=own,
            )
        )
    if save is not None:
        save_plan(save, app.redactor.value(as_data(wanted)), basis)
    print_plan(wanted, settings.output, app.redactor, diff=diff)
    if detailed_exitcode and not wanted.empty:
        ctx.exit(FOUND)


def _offline(config: Path, output: Output, *, changes_asked: bool) -> None:
    from rke_py.cli.offline_text import print_offline
    from rke_py.workflows.context import Context
    from rke_py.workflows.offline import offline_plan

    if changes_asked:
        raise click.UsageError("--offline finds no changes: leave out --detailed-exitcode, --diff and --save.")
    print_offline(offline_plan(Context(config=config)), output)
