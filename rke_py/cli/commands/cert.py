"""``rke-py cert``: certificates of the cluster, and those of the owner's own CA."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.pages import Group
from rke_py.cli.root import App


@click.group("cert", cls=Group, short_help="List certificates; make signing requests for your own CA.")
def command() -> None:
    """Look after the certificates of the cluster.

    "up" issues and renews them by itself. Where your own CA signs them, "generate-csr" makes the requests and "up
    --custom-certs" takes over what was signed.

    Exit status: see "rke-py cert list --help".
    """


@command.command("list", short_help="Show when which certificate ends, in the state and on the hosts.")
@click.option(
    "--ends-within",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Exit with 4 when one ends within so many days, or has ended.",
)
@click.option("--offline", is_flag=True, help="Look at the state only; no host is asked.")
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.config
@options.table
@options.log_file
@click.pass_context
def list_(
    ctx: click.Context,
    ends_within: int | None,
    offline: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Show every certificate with its end, the next one first: the state's, and what lies on the hosts.

    Below the table stands what differs on a host. The JSON has certificates[] with name, subject, issuer, ends, days,
    supplied, state and hosts[], and unreachable.

    Examples:
      rke-py cert list
      rke-py cert list --ends-within 30 || echo "look at the certificates"
      rke-py cert list --offline --output json | jq -r '.certificates[0].ends'

    Exit status: 0 looked, 1 a host or the state could not be read, 2 wrong usage, cluster.yml, or no cluster was made
    yet, 4 with --ends-within when a certificate ends so soon.
    """
    from rke_py.cli.certificate_text import certificate_lines, certificates_json, ending_within
    from rke_py.cli.exits import FAILED, FOUND
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.certificates import list_certificates

    app = ctx.ensure_object(App)
    with session(Settings(config=config, answer=True, log_file=log_file), app.redactor) as here:
        found = list_certificates(
            here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth), offline=offline
        )
    if output == "json":
        click.echo(json.dumps(app.redactor.value(certificates_json(found)), indent=2))
    else:
        for line in certificate_lines(found):
            click.echo(app.redactor.text(line))
    if ends_within is not None and ending_within(found, ends_within):
        ctx.exit(FOUND)
    if found.silent:
        ctx.exit(FAILED)


@command.command("generate-csr", short_help="Write keys and signing requests for your own CA.")
@options.cert_dir
@options.config
@options.output
@click.pass_obj
def generate_csr(app: App, cert_dir: Path | None, config: Path, output: str) -> None:
    """Write a key and a signing request for every certificate of the cluster; no host is asked.

    NAME-csr.pem is the request, NAME-key.pem its key (mode 0600). Have your CA sign the requests as they are, put each
    certificate beside its key as NAME.pem and the CA's own as kube-ca.pem, then run "rke-py up --custom-certs". Keys
    that are there stay, and so do requests that still fit: run it again after every change of cluster.yml.

    Examples:
      rke-py cert generate-csr
      rke-py cert generate-csr --cert-dir pki/prod

    Exit status: 0 done, 1 a file could not be written, 2 wrong usage, cluster.yml, or a key that cannot be used.
    """
    from rke_py.cli.session import Settings, session
    from rke_py.workflows.certificates import generate_requests

    with session(Settings(config=config, answer=True), app.redactor) as here:
        context = here.context()
        folder = cert_dir or context.certificates_path
        requests = generate_requests(context, folder)
    if output == "json":
        found = [{"name": made.name, "new": made.new, "signed": made.signed} for made in requests]
        click.echo(json.dumps({"folder": str(folder), "requests": found}, indent=2))
        return
    for made in requests:
        if made.new or not made.signed:
            click.echo(f"{folder / made.name}-csr.pem: {'new, ' if made.new else ''}to be signed")
    new, waiting = sum(made.new for made in requests), sum(made.new or not made.signed for made in requests)
    click.echo(f"{len(requests)} requests in {folder}: {new} new, {waiting} to be signed")
