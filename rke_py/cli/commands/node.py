"""``rke-py node``: list hosts, replace a dead one, clean one that left."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Group
from rke_py.cli.root import App


@click.group("node", cls=Group, short_help="List hosts, replace a dead one, clean one that left.")
def command() -> None:
    """Look after single hosts.

    Hosts are added, removed and given other roles in cluster.yml; "up" does it. A host that died is replaced with
    "replace", and one that left without being cleaned is cleaned with "clean".

    Exit status: see "rke-py node replace --help".
    """


@command.command("list", short_help="Show the hosts of cluster.yml, and those that left it.")
@options.config
@options.table
@click.pass_obj
def list_(app: App, config: Path, output: str) -> None:
    """Show every host with its roles and how it stands to the cluster; no host is asked.

    "new" has not been made part of it, "changes its roles" and "leaves" are what "up" does next; "left, not clean" did
    not answer when it left: see "rke-py node clean". How they are is what "rke-py status" shows. The JSON has nodes[]
    with name, address, roles and standing.

    Examples:
      rke-py node list
      rke-py node list --output json | jq -r '.nodes[] | select(.standing == "left, not clean") | .name'

    Exit status: 0 shown, 1 the state could not be read, 2 wrong usage or cluster.yml.
    """
    from dataclasses import asdict

    from rke_py.cli.session import Settings, session
    from rke_py.cli.status_text import aligned
    from rke_py.workflows.list_nodes import list_nodes

    with session(Settings(config=config, answer=True), app.redactor) as here:
        found = list_nodes(here.context())
    if output == "json":
        click.echo(json.dumps({"nodes": [asdict(node) for node in found]}, indent=2))
        return
    rows = [(node.name, node.address, ",".join(node.roles), str(node.standing)) for node in found]
    for line in aligned([("HOST", "ADDRESS", "ROLES", "STANDING"), *rows]):
        click.echo(app.redactor.text(line))


@command.command("replace", short_help="Replace a dead host by what stands in cluster.yml in its place.")
@click.argument("old")
@click.argument("new", nargs=-1)
@options.yes
@options.skip
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.config
@options.output
@options.log_file
@click.pass_obj
def replace(
    app: App,
    old: str,
    new: tuple[str, ...],
    yes: bool,
    skip: tuple[str, ...],
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Replace the dead host OLD by the hosts NEW, or by all that cluster.yml has new.

    First put the new machine in the place of the old one in cluster.yml: under a name of its own, or under the same
    name, at the old one's address or at another. rke-py never changes that file. Then this does what "up" does: OLD's
    etcd member is removed by its id while the others hold quorum, NEW joins, everybody is told, and OLD's node is
    deleted.

    It is refused when OLD answers (then "up" moves its pods first), when NEW does not take over all roles of OLD, and
    when etcd has no quorum without OLD. OLD is remembered as not clean, by its address when its name is NEW's now: see
    "rke-py node clean".

    Examples:
      rke-py node replace node-3 node-7
      rke-py node replace node-3            by whatever is new in cluster.yml

    Exit status: 0 done, 1 failed or not agreed to, 2 wrong usage or cluster.yml, 3 done but some workers failed,
    130 interrupted.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.replace_node import replace_node

    settings = Settings(config=config, output=Output(output), yes=yes, quiet=quiet, log_file=log_file)
    with session(settings, app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth, skip=skip)
        replace_node(context, old, new)


@command.command("clean", short_help="Clean a machine that left the cluster, or carries another one.")
@click.argument("host")
@click.option("--yes", "-y", is_flag=True, help="Agree beforehand; needed where nobody can be asked.")
@click.option("--user", default="", metavar="NAME", help="Log in as, where neither cluster.yml nor the state says.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="PORT", help="The machine's SSH port.")
@click.option("--ssh-key-path", default="", metavar="FILE", help="Private key to log in with.")
@click.option("--delete-snapshots", is_flag=True, help="Delete the etcd snapshots on the machine too.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.config
@options.output
@options.log_file
@click.pass_obj
def clean(
    app: App,
    host: str,
    yes: bool,
    user: str,
    port: int | None,
    ssh_key_path: str,
    delete_snapshots: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Leave the machine HOST (a node's name or an address) as it was before it carried a cluster.

    For a host that did not answer when it left, and for one that carries another cluster, or one that nobody knows any
    more; RKE may have made it. What it carries is shown and asked for first. Neither a cluster.yml nor a state is
    needed; where they are there, what they say of the machine is used. A host that cluster.yml has and the cluster uses
    is refused, and so is one that cluster.yml has while there is no state that could tell.

    The tools image has to be on the machine, or in a registry that it reaches: see "rke-py images build".

    Examples:
      rke-py node clean node-3
      rke-py node clean 192.0.2.7 --user ubuntu --ssh-key-path ~/.ssh/id_ed25519

    Exit status: 0 it is clean, 1 failed or not agreed to, 2 wrong usage or cluster.yml, 130 interrupted.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.clean_host import Machine, clean_host

    settings = Settings(
        config=config, config_needed=False, output=Output(output), yes=yes, quiet=quiet, log_file=log_file
    )
    machine = Machine(name=host, user=user, port=port or 0, key_path=ssh_key_path)
    with session(settings, app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth)
        clean_host(context, machine, snapshots=delete_snapshots)
