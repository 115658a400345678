"""``rke-py cert``: certificates of the cluster, and those of the owner's own CA."""

from __future__ import annotations

import json
from pathlib import Path

import click

from rke_py.cli import options
from rke_py.cli.answers import print_answer
from rke_py.cli.pages import Group
from rke_py.cli.root import App

SERVICES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "etcd")
"""In RKE's spelling; imported from nowhere, so that help pages need no cryptography."""


@click.group("cert", cls=Group, short_help="List and rotate certificates; make requests.")
def command() -> None:
    """Look after the certificates of the cluster.

    "up" issues and renews them by itself. Where your own CA signs them, "generate-csr" makes the requests and "up
    --custom-certs" takes over what was signed.

    "rotate" makes new ones at once, and rolls new CAs and a new service-account key through a running cluster.

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
    print_answer(app.redactor, output, certificates_json(found), certificate_lines(found))
    if ends_within is not None and ending_within(found, ends_within):
        ctx.exit(FOUND)
    if found.silent:
        ctx.exit(FAILED)


@command.command("rotate", short_help="Make new certificates, or a new CA, while the cluster runs.")
@click.option(
    "--service",
    "services",
    multiple=True,
    type=click.Choice(SERVICES),
    help="Only the certificates of this service; may be given several times.",
)
@click.option("--rotate-ca", is_flag=True, help="New CAs, in three rolls; the third with --finish.")
@click.option("--service-account-key", is_flag=True, help="A new key for the tokens of service accounts.")
@click.option("--finish", is_flag=True, help="Drop the old CA, or the old service-account key.")
@click.option(
    "--abandon", is_flag=True, help="Give up new CAs, or the new key, that nothing rests on yet (roll 1 of 3)."
)
@click.option("--restart-workloads", is_flag=True, help="Restart workloads that know only the old CA.")
@click.option("--force", is_flag=True, help="Go on although pods rest on what is old.")
@options.skip
@options.yes
@options.accept_new_host_keys
@options.ssh_agent_auth
@options.quiet
@options.config
@options.output
@options.log_file
@click.pass_obj
def rotate(
    app: App,
    services: tuple[str, ...],
    rotate_ca: bool,
    service_account_key: bool,
    finish: bool,
    abandon: bool,
    restart_workloads: bool,
    force: bool,
    skip: tuple[str, ...],
    yes: bool,
    accept_new_host_keys: bool,
    ssh_agent_auth: bool,
    quiet: bool,
    config: Path,
    output: str,
    log_file: Path | None,
) -> None:
    """Make every certificate of the cluster anew, with new keys, while it runs.

    etcd goes one member at a time, the control plane one node after another, workers within upgrade_strategy. Nothing
    restarts that takes up a new certificate by itself.

    With --rotate-ca there are three rolls. First every host trusts the old CAs and new ones, and pods are waited for
    that know only the old one. Then everything is issued from the new ones: from here on only kubeconfigs work that
    were written since the first roll. The old CAs are dropped by --finish, on any later day. Until the second roll has
    begun --abandon takes everything back.

    Where a CA has ended nothing works that could be spared: new ones and all that they sign are brought at once, from
    SSH and the state alone, and --skip does without a dead host of etcd or the control plane.

    With --service-account-key every API server accepts tokens of both keys, then the new one signs and token Secrets
    are filled anew; --finish drops the old key once no Secret and no pod rests on it.

    A run that was stopped is continued by running the same again; "status" shows what is under way. A verified snapshot
    of etcd is taken first. cluster.yml must not ask for anything else meanwhile.

    Examples:
      rke-py cert rotate
      rke-py cert rotate --service kubelet --service kube-proxy
      rke-py cert rotate --rotate-ca --restart-workloads
      rke-py cert rotate --finish
      rke-py cert rotate --service-account-key

    Exit status: 0 done, 1 failed, or pods have to be restarted first, 2 wrong usage or cluster.yml, 3 done but some
    workers failed, 130 interrupted.
    """
    from rke_py.cli.console.choose import Output
    from rke_py.cli.session import Settings, session
    from rke_py.pki.rotation import Kind
    from rke_py.workflows.rotation import rotate as perform
    from rke_py.workflows.settling import Wish

    if sum((bool(services), rotate_ca, service_account_key, finish, abandon)) > 1:
        alone = "--service, --rotate-ca, --service-account-key, --finish and --abandon"
        raise click.UsageError(f"{alone} are each for themselves.")
    kind = Kind.AUTHORITIES if rotate_ca else Kind.SERVICE_ACCOUNT if service_account_key else Kind.LEAVES
    wish = Wish(
        kind=kind,
        services=services,
        finish=finish,
        abandon=abandon,
        restart_workloads=restart_workloads,
        force=force,
    )
    settings = Settings(config=config, output=Output(output), quiet=quiet, yes=yes, log_file=log_file)
    with session(settings, app.redactor) as here:
        context = here.context(accept_new_host_keys=accept_new_host_keys, ssh_agent_auth=ssh_agent_auth, skip=skip)
        perform(context, wish)


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
