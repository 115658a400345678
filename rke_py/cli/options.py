"""Options that several commands share, spelled and explained alike."""

from __future__ import annotations

from pathlib import Path

import click

config = click.option(
    "--config",
    "-c",
    "-f",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("cluster.yml"),
    envvar="RKE_CONFIG",
    show_default=True,
    show_envvar=True,
    metavar="FILE",
    help="The cluster's file. State, kubeconfig and log are kept beside it.",
)

output = click.option(
    "--output",
    "-o",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: for programs, on standard output.",
)

table = click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="json: for programs.",
)

yes = click.option("--yes", "-y", is_flag=True, help="Agree to every question beforehand.")

log_file = click.option(
    "--log-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write the log.  [default: cluster.log beside cluster.yml]",
)

accept_new_host_keys = click.option(
    "--accept-new-host-keys",
    is_flag=True,
    help="Trust hosts that known_hosts does not know yet, and remember their keys. A changed key is still refused.",
)

ssh_agent_auth = click.option(
    "--ssh-agent-auth",
    is_flag=True,
    help="Show the SSH agent's keys to every host, as ssh_agent_auth: true in cluster.yml does.",
)

quiet = click.option("--quiet", "-q", is_flag=True, help="Show notes, warnings and how it ended, not every step.")

port_checks = click.option(
    "--disable-port-check",
    "port_checks",
    flag_value=False,
    default=True,
    help="Do not ask new hosts whether they reach one another's ports.",
)

only = click.option(
    "--only",
    multiple=True,
    metavar="HOST",
    help="Work on this host and leave the others, and add-ons, as they are; may be given several times.",
)

skip = click.option(
    "--skip",
    multiple=True,
    metavar="HOST",
    help="Go on without this unreachable etcd or control plane host; may be given several times.",
)

leftovers = click.option(
    "--clean-leftovers",
    "leftovers",
    is_flag=True,
    help="Also remove what RKE left behind: helper containers on hosts, jobs that have done their work.",
)

custom_certs = click.option(
    "--custom-certs",
    is_flag=True,
    help="Take over the certificates in the folder of --cert-dir, after checking every one.",
)

cert_dir = click.option(
    "--cert-dir",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Certificates of your own CA.  [default: cluster_certs beside cluster.yml]",
)
