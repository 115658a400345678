"""``rke-py doctor``: why the cluster is not as it should be."""

from __future__ import annotations

from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.answers import print_answer
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("doctor", cls=Command, short_help="Look for known causes of trouble, with evidence and remedy.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.table
@options.log_file
@click.pass_context
def command(
    ctx: click.Context,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Look for known causes of trouble, and print each with its evidence and its remedy.

    Looks at hosts, clocks, disks, container runtime, certificates, ports between hosts, etcd and how fast its disks
    are, components, the network plugin, nodes, the pod network between every pair of hosts and its MTU, kube-proxy,
    DNS, tracked connections, and pods of the system. Nothing in the cluster is changed; on every host a container of
    the tools image runs for a moment. The JSON has healthy, findings[] with check, where, cause, evidence[], remedy and
    warning, checks[] and untried[].

    Examples:
      rke-py doctor
      rke-py doctor --output json | jq -r '.findings[] | .cause'

    Exit status: 0 everything was looked at and nothing was found, warnings aside, 1 something was found, or could not
    be looked at, 2 wrong usage, cluster.yml, or no cluster was made yet.
    """
    from rke_py.cli.doctor_text import diagnosis_json, diagnosis_lines
    from rke_py.cli.exits import FAILED
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.doctor import doctor

    app = ctx.ensure_object(App)
    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        found = doctor(here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth))
    print_answer(app.redactor, output, diagnosis_json(found), diagnosis_lines(found))
    if not found.healthy:
        ctx.exit(FAILED)
