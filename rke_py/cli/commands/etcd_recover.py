"""``rke-py etcd recover``: a cluster of one from the best member that is left."""

from __future__ import annotations

from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("recover", cls=Command, short_help="Go on with one member once a quorum is gone for good.")
@options.yes
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.config
@options.output
@options.log_file
@click.pass_obj
def command(
    app: App,
    yes: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Make the etcd member that knows most of those left the only one, when most members are gone for good.

    It is refused while etcd has its quorum, or could have it again, and says what to repair instead. The member's data
    are copied aside first. What only the lost members knew is lost. Afterwards bring new machines into cluster.yml
    where hosts are gone, and run "rke-py up": they join as new members do.

    Examples:
      rke-py etcd recover
      rke-py etcd recover --yes

    Exit status: 0 etcd has one member that serves, 1 failed or not agreed to, 2 it is not what has to be done, wrong
    usage or cluster.yml, 130 interrupted.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.recover_etcd import recover_etcd

    settings = Settings(config=config, output=Output(output), yes=yes, quiet=quiet, log_file=log_file)
    with session(settings, app.redactor) as here:
        recover_etcd(here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth))
