"""``rke-py etcd defrag | alarm``: room given back, alarms listed and taken back."""

from __future__ import annotations

from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.acting import Acting, acting
from rke_py.cli.pages import Command, Group
from rke_py.cli.root import App


@click.command("defrag", cls=Command, short_help="Give free pages of the databases back to the disk.")
@click.option("--all", "every", is_flag=True, help="Also members that gain little.")
@acting
def defrag(
    given: Acting,
    every: bool,
) -> None:
    """Give free pages back to the disk, on one member after the other, the leader last.

    A member answers nobody meanwhile, so each waits until the others are healthy. Members of whose database less than
    a fifth, or than 16 MiB, is free are left alone.

    Examples:
      rke-py etcd defrag
      rke-py etcd defrag --all --yes

    Exit status: 0 done, 1 failed or not agreed to, 2 wrong usage, cluster.yml, or no cluster was made yet.
    """
    from rke_py.workflows.etcd_care import defragment

    with given.context() as context:
        defragment(context, every=every)


@click.group("alarm", cls=Group, short_help="List etcd's alarms, and take them back.")
def alarm() -> None:
    """Look after etcd's alarms: NOSPACE, with which nothing can be written any more, and CORRUPT.

    Exit status: see "rke-py etcd alarm list --help".
    """


@alarm.command("list", short_help="List the alarms that members have raised.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.table
@options.log_file
@click.pass_context
def listed(
    ctx: click.Context,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """List the alarms that etcd's members have raised.

    Examples:
      rke-py etcd alarm list
      rke-py etcd alarm list --output json

    Exit status: 0 there is none, 1 there are some, or no member tells, 2 wrong usage, cluster.yml, or no cluster was
    made yet.
    """
    from rke_py.cli.answers import print_answer
    from rke_py.cli.etcd_text import alarms_json, alarms_lines
    from rke_py.cli.exits import FAILED
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.etcd_care import alarms

    app = ctx.ensure_object(App)
    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        found = alarms(context)
    print_answer(app.redactor, output, alarms_json(found), alarms_lines(found))
    if found:
        ctx.exit(FAILED)


@alarm.command("disarm", short_help="Take alarms back whose cause is gone.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.config
@options.output
@options.log_file
@click.pass_obj
def disarmed(
    app: App,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Take back every alarm, once what raised it is gone.

    NOSPACE: every member's database is below nine tenths of its quota. CORRUPT is not taken back here: that member has
    to begin anew.

    Examples:
      rke-py etcd alarm disarm

    Exit status: 0 done, 1 a cause is still there, or no member tells, 2 wrong usage, cluster.yml, or no cluster was
    made yet.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.etcd_care import disarm

    settings = Settings(config=config, output=Output(output), quiet=quiet, log_file=log_file)
    with session(settings, app.redactor) as here:
        disarm(here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth))
