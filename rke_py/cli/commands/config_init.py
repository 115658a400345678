"""``rke-py config init``: a first cluster.yml."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rke_py.cli.pages import Command
from rke_py.errors import UsageError

if TYPE_CHECKING:
    from rke_py.config.interview import NewCluster, NewNode

_MODE = 0o640
"""RKE's, too: the file may come to hold secrets."""


@click.command("init", cls=Command, short_help="Write a first cluster.yml: asked for, from flags, minimal or full.")
@click.option(
    "--config",
    "--name",
    "-c",
    "-f",
    "-n",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("cluster.yml"),
    show_default=True,
    metavar="FILE",
    help="The file to write.",
)
@click.option("--print", "-p", "shown", is_flag=True, help="Print it instead of writing it.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@click.option("--minimal", "--empty", "-e", is_flag=True, help="No questions: one host to fill in, nothing else.")
@click.option("--full", is_flag=True, help="No questions: every option with its default and what it means.")
@click.option(
    "--node",
    "nodes",
    multiple=True,
    metavar="ADDRESS[,KEY=VALUE]...",
    help="No questions: a host, with user, role (joined by +), port, internal_address, hostname_override, "
    "ssh_key_path, docker_socket; may be given several times.",
)
@click.option("--cluster-name", default="", metavar="NAME", help="With --node: the cluster's name.")
@click.option("--kubernetes-version", default="", metavar="VERSION", help="With --node: not the newest version.")
@click.option("--ssh-key-path", default="", metavar="FILE", help="With --node: the private key for all hosts.")
@click.option("--network-plugin", default="", metavar="NAME", help="With --node: the pod network.")
@click.option("--cluster-domain", default="", metavar="DOMAIN", help="With --node: the domain of Services.")
@click.option("--service-cluster-ip-range", default="", metavar="CIDR", help="With --node: addresses of Services.")
@click.option("--cluster-cidr", default="", metavar="CIDR", help="With --node: addresses of pods.")
@click.option("--cluster-dns-server", default="", metavar="IP", help="With --node: the address of cluster DNS.")
@click.option("--addons-include", multiple=True, metavar="PLACE", help="With --node: manifests of your own.")
def init(
    config: Path,
    shown: bool,
    force: bool,
    minimal: bool,
    full: bool,
    nodes: tuple[str, ...],
    addons_include: tuple[str, ...],
    **answers: str,
) -> None:
    """Write a first cluster.yml, and check it before it is written.

    Without flags it asks what RKE asks: Enter takes what stands in brackets. With --node nothing is asked; hosts
    without a role get sensible ones.

    Examples:
      rke-py config init
      rke-py config init --minimal
      rke-py config init --node 10.0.0.1,user=ubuntu --node 10.0.0.2,user=ubuntu,role=worker
      rke-py config init --full --print | less

    Exit status: 0 written, 1 interrupted, 2 wrong usage, or an answer that cluster.yml cannot have.
    """
    if sum((minimal, full, bool(nodes))) > 1:
        raise click.UsageError("--minimal, --full and --node exclude one another.")
    if config.exists() and not (shown or force):
        raise click.UsageError(f"{config} is there already. Write another file with --config, or use --force.")
    text = _text(minimal, full, nodes, addons_include, answers)
    if shown:
        click.echo(text, nl=False)
        return
    _write(config, text)
    click.echo(f"{config} is written. Look it over, then: rke-py up --config {config}")


def _write(config: Path, text: str) -> None:
    try:
        with os.fdopen(os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{config} cannot be written: {error.strerror}") from error


def _text(
    minimal: bool, full: bool, nodes: tuple[str, ...], addons_include: tuple[str, ...], answers: dict[str, str]
) -> str:
    from rke_py.catalog.versions import newest
    from rke_py.cli.questions import interview
    from rke_py.cluster.catalog_checks import catalog_findings
    from rke_py.config.interview import SAMPLE, NewCluster, written
    from rke_py.config.load import load
    from rke_py.stores.example import example

    if full:
        return example()
    if minimal:
        cluster = NewCluster(nodes=(SAMPLE,), kubernetes_version=newest())
    elif nodes:
        cluster = _from_flags(nodes, addons_include, answers)
    elif any(answers.values()) or addons_include:
        raise click.UsageError("These flags say what the hosts have in common: name the hosts with --node.")
    else:
        cluster = interview(newest())
    text = written(cluster)
    load(text, source="the new cluster.yml", checks=(catalog_findings,))
    return text


def _from_flags(nodes: tuple[str, ...], addons_include: tuple[str, ...], answers: dict[str, str]) -> NewCluster:
    from rke_py.catalog.versions import newest
    from rke_py.config.interview import NewCluster

    version = answers.pop("kubernetes_version") or newest()
    return NewCluster(
        nodes=tuple(map(_node, nodes)), kubernetes_version=version, addons_include=addons_include, **answers
    )


def _node(text: str) -> NewNode:
    from rke_py.config.interview import NewNode

    address, *pairs = text.split(",")
    known = {field.name for field in fields(NewNode)} - {"ssh_key"}
    given: dict[str, str] = {"address": address}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if key not in known or not equals:
            raise click.UsageError(f"--node {text}: '{pair}' is none of {', '.join(sorted(known))} with =value.")
        given[key] = value
    roles = given.pop("role", "")
    return NewNode(role=tuple(roles.split("+")) if roles else (), **given)
