"""``rke-py encrypt``: Secrets at rest, and the keys they are encrypted with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rke_py.cli import options
from rke_py.cli.acting import Acting, acting
from rke_py.cli.answers import print_answer
from rke_py.cli.pages import Group
from rke_py.cli.root import App

if TYPE_CHECKING:
    from rke_py.workflows.encryption import Wish


@click.group("encrypt", cls=Group, short_help="Encrypt Secrets in etcd, and rotate the key.")
def command() -> None:
    """Change and show how Secrets are encrypted in etcd.

    services.kube-api.secrets_encryption_config in cluster.yml says whether they are, and "up" makes it so. "enable" and
    "disable" do that and nothing else; "rotate-key" makes a new key.

    Each goes through three rolls of the API servers, one after another: all of them learn to read with the new key,
    then they write with it and every Secret is written anew, then they forget the old one, once etcd itself holds
    nothing under it. A run that was stopped is continued by "rke-py up", or by the same command.

    Exit status: see "rke-py encrypt status --help".
    """


@command.command("enable", short_help="Encrypt the Secrets of a cluster that runs.")
@acting
def enable(given: Acting) -> None:
    """Encrypt every Secret in etcd with a new key, or as custom_config says.

    cluster.yml has to say so first: services.kube-api.secrets_encryption_config.enabled: true. A verified snapshot of
    etcd is taken before. Nothing is interrupted where there are several API servers.

    Examples:
      rke-py encrypt enable

    Exit status: 0 done, 1 failed, 2 wrong usage or cluster.yml, 3 done but some workers failed, 130 interrupted.
    """
    from rke_py.workflows.encryption import Wish

    _perform(given, Wish.ENABLE)


@command.command("disable", short_help="Have Secrets written without encryption again.")
@acting
def disable(given: Acting) -> None:
    """Write every Secret in etcd without encryption, then take the keys from the API servers.

    cluster.yml has to say so first: services.kube-api.secrets_encryption_config.enabled: false. The keys stay in
    cluster.rkestate, for snapshots from before.

    Examples:
      rke-py encrypt disable

    Exit status: 0 done, 1 failed, 2 wrong usage or cluster.yml, 3 done but some workers failed, 130 interrupted.
    """
    from rke_py.workflows.encryption import Wish

    _perform(given, Wish.DISABLE)


@command.command("rotate-key", short_help="Encrypt Secrets with a new key.")
@acting
def rotate_key(given: Acting) -> None:
    """Make a new key, write every Secret anew with it, and drop the old one from the API servers.

    The old key stays in cluster.rkestate, for snapshots from before. Keys of your own stand in custom_config: change
    them there and run "rke-py up", which goes the same way.

    Examples:
      rke-py encrypt rotate-key

    Exit status: 0 done, 1 failed, 2 wrong usage or cluster.yml, 3 done but some workers failed, 130 interrupted.
    """
    from rke_py.workflows.encryption import Wish

    _perform(given, Wish.ROTATE_KEY)


@command.command("status", short_help="Show the keys, and how many values in etcd are under which.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.table
@options.log_file
@click.pass_context
def status(
    ctx: click.Context,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Show every key by its name, what it is used for, and how many values in etcd are under it.

    The first key of a resource writes, the others only read; retired ones stay in cluster.rkestate for snapshots that
    hold values under them. Above the table stands the change that is under way. Every value is looked at in etcd
    itself. The JSON has readable, wanted, under_way[] and keys[] with resource, key, use and values.

    Examples:
      rke-py encrypt status
      rke-py encrypt status --output json | jq '.keys[] | select(.use == "writes")'

    Exit status: 0 looked, 1 etcd could not be read, or holds values whose key no API server has, 2 wrong usage,
    cluster.yml, or no cluster was made yet.
    """
    from rke_py.cli.encryption_text import encryption_json, encryption_lines
    from rke_py.cli.exits import FAILED
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.encryption import encryption_status

    app = ctx.ensure_object(App)
    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        found = encryption_status(
            here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        )
    print_answer(app.redactor, output, encryption_json(found), encryption_lines(found))
    if not found.readable:
        ctx.exit(FAILED)


def _perform(given: Acting, wish: Wish) -> None:
    from rke_py.workflows.encryption import encrypt

    with given.context() as context:
        encrypt(context, wish)
