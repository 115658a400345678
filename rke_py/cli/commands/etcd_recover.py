"""``rke-py etcd recover``: a cluster of one from the best member that is left."""

from __future__ import annotations

import click

from rke_py.cli.acting import Acting, acting
from rke_py.cli.pages import Command


@click.command("recover", cls=Command, short_help="Go on with one member once a quorum is gone for good.")
@acting
def command(given: Acting) -> None:
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
    from rke_py.workflows.recover_etcd import recover_etcd

    with given.context() as context:
        recover_etcd(context)
