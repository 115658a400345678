"""``rke-py etcd members | health``: what etcd's members tell of themselves."""

from __future__ import annotations

from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("members", cls=Command, short_help="List etcd's members.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.table
@options.log_file
@click.pass_context
def members(
    ctx: click.Context,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """List etcd's members as its cluster knows them: who leads, versions, sizes, how far each one's log is.

    Looks only. Below the table stands why one does not answer. The JSON has one object for each member.

    Examples:
      rke-py etcd members
      rke-py etcd members --output json

    Exit status: 0 shown, 1 no member could be asked, 2 wrong usage, cluster.yml, or no cluster was made yet.
    """
    from rke_py.cli.answers import print_answer
    from rke_py.cli.etcd_text import health_json, members_lines
    from rke_py.cli.exits import FAILED
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.etcd_members import member_health

    app = ctx.ensure_object(App)
    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        found = member_health(context)
    print_answer(app.redactor, output, health_json(found), members_lines(found))
    if all(one.member is None for one in found):
        ctx.exit(FAILED)


@click.command("health", cls=Command, short_help="Show whether members are healthy, and how fast.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.table
@options.log_file
@click.pass_context
def health(
    ctx: click.Context,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Show for each member whether it answers a read through the quorum, and how long three things take.

    These are the read, asked on the member's own host; a write of its log, which wants 10 ms or less (fsync); and the
    way to the other members and back. The latter two are averages since the member started.

    Examples:
      rke-py etcd health
      rke-py etcd health --output json

    Exit status: 0 all are healthy, 1 some are not, 2 wrong usage, cluster.yml, or no cluster was made yet.
    """
    from rke_py.cli.answers import print_answer
    from rke_py.cli.etcd_text import health_json, health_lines
    from rke_py.cli.exits import FAILED
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.etcd_members import member_health

    app = ctx.ensure_object(App)
    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        found = member_health(context)
    print_answer(app.redactor, output, health_json(found), health_lines(found))
    if any(one.fault for one in found):
        ctx.exit(FAILED)
