"""``rke-py kubeconfig``: the way into the cluster for kubectl."""

from __future__ import annotations

from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Command
from rke_py.cli.root import App


@click.command("kubeconfig", cls=Command, short_help="Print the administrator's kubeconfig.")
@click.option("--server", metavar="URL", default="", help="The API server's address in it, such as a load balancer's.")
@click.option("--write", is_flag=True, help="Write kube_config_cluster.yml (mode 0600) instead of printing it.")
@options.config
@click.pass_obj
def command(app: App, server: str, write: bool, config: Path) -> None:
    """Print the administrator's kubeconfig, made from the state beside cluster.yml; no host is asked.

    It holds a private key: whoever has it may do everything in the cluster. "up" keeps kube_config_cluster.yml beside
    cluster.yml; this command is for another address, or when that file is lost. The certificates of the API servers
    hold the names in authentication.sans of cluster.yml: an address given here has to be among them.

    Examples:
      rke-py kubeconfig > admin.conf
      rke-py kubeconfig --server https://lb.example.com:6443 > admin.conf
      rke-py kubeconfig --write

    Exit status: 0 done, 1 the state cannot be used, 2 wrong usage, or no cluster was made yet.
    """
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.kubeconfig import kubeconfig

    with session(Settings(config=config, answer=True), app.redactor) as here:
        context = here.context()
        text = kubeconfig(context, server=server, write=write)
    click.echo(f"wrote {context.kubeconfig_path}" if write else text, nl=write)
