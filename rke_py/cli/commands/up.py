"""``rke-py up``: make the hosts match cluster.yml."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("up", cls=Command, short_help="Make the hosts match cluster.yml.")
@click.option("--dry-run", is_flag=True, help='Show what would be done and touch nothing; the same as "rke-py plan".')
@click.option(
    "--plan",
    "saved_plan",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PLAN",
    help='Do what "rke-py plan --save PLAN" found, or nothing when anything has changed since.',
)
@options.yes
@options.only
@options.skip
@options.port_checks
@options.leftovers
@options.custom_certs
@options.cert_dir
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.config
@options.output
@options.log_file
@click.pass_obj
def command(
    app: App,
    dry_run: bool,
    saved_plan: Path | None,
    yes: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    port_checks: bool,
    leftovers: bool,
    custom_certs: bool,
    cert_dir: Path | None,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Make the hosts match cluster.yml: create the cluster, or change it to what the file says now.

    Looks at every host first and does only what differs; a second run does nothing. Certificates, etcd one member at
    a time, the control plane one node after another, workers many at once within upgrade_strategy, add-ons. What would
    interrupt the cluster is named and asked for first.

    A run that was stopped or failed is continued by running it again. The first Ctrl-C finishes the steps under way,
    the second stops at once.

    Examples:
      rke-py up
      rke-py up --dry-run
      rke-py up --plan my.plan      what "rke-py plan --save my.plan" found, as long as it still holds
      rke-py up --config prod.yml --yes --output json
      rke-py up --skip node-3       node-3 is dead, the others hold quorum without it
      rke-py up --only node-7       bring this worker up, touch nothing else
      rke-py up --custom-certs      take over what your own CA signed (rke-py cert generate-csr)

    With --output json every event is one JSON object on a line: stage-started, step-started, pulling, step-ended,
    stage-ended, note, warned; the last one is finished or failed.

    Exit status: 0 done, 1 failed, 2 wrong usage or cluster.yml, 3 done but some workers failed, 130 interrupted.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.plan_text import print_plan
    from rke_py.cli.session import Certificates, Settings, session
    from rke_py.workflows.plan import plan
    from rke_py.workflows.up import up

    if dry_run and saved_plan is not None:
        raise click.UsageError("--dry-run touches nothing, --plan does what was saved: choose one.")
    settings = Settings(config=config, output=Output(output), answer=dry_run, yes=yes, quiet=quiet, log_file=log_file)
    with session(settings, app.redactor) as here:
        context = here.context(
            accept_new_host_keys=accept_new_host_keys,
            ssh_agent_auth=ssh_agent_auth,
            only=only,
            skip=skip,
            port_checks=port_checks,
            certificates=Certificates(custom_certs, cert_dir),
        )
        context = replace(context, leftovers=leftovers)
        if not dry_run:
            up(replace(context, saved_plan=saved_plan))
            return
        wanted = plan(context)
    print_plan(wanted, settings.output, app.redactor)
