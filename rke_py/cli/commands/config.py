"""``rke-py config``: work on cluster.yml without touching a host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rke_py.cli import options
from rke_py.cli.commands.config_images import images
from rke_py.cli.commands.config_init import init
from rke_py.cli.commands.config_show import schema, show
from rke_py.cli.commands.config_versions import versions
from rke_py.cli.pages import Group

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rke_py.errors import Problem
    from rke_py.workflows.loading import Checked


@click.group("config", cls=Group, short_help="Write, check and show cluster.yml; no host is touched.")
def command() -> None:
    """Write, check and show cluster.yml; no host is touched."""


@command.command("validate", short_help="Show every fault of cluster.yml at once.")
@options.config
@options.output
def validate(config: Path, output: str) -> None:
    """Show every fault of cluster.yml at once, each with its line and what to write instead.

    Files and URLs in addons_include are read as well, and the version that runs out of cluster.rkestate. No host is
    contacted.

    Examples:
      rke-py config validate
      rke-py config validate --config prod.yml
      rke-py config validate --output json | jq -r '.problems[].what'

    Exit status: 0 no faults (there may be warnings), 2 faults.
    """
    from rke_py.errors import ConfigError
    from rke_py.workflows.context import Context
    from rke_py.workflows.loading import check_config
    from rke_py.workflows.remembered import version_beside

    try:
        checked = check_config(config, running_version=version_beside(Context(config=config)))
    except ConfigError as error:
        if output == "json":
            _print_json(error.problems, valid=False)
        raise
    if output == "json":
        _print_json(checked.warnings, valid=True)
    else:
        _print_text(config, checked)


def _print_text(config: Path, checked: Checked) -> None:
    from rke_py.cli.exits import coloured
    from rke_py.cli.faults import problem_text

    for warning in checked.warnings:
        click.echo(coloured(problem_text(warning)), err=True)
    click.echo(f"{config} is valid: {_summary(checked)}")


def _print_json(problems: Iterable[Problem], *, valid: bool) -> None:
    from rke_py.cli.faults import problem_json

    found = [problem_json(problem) for problem in problems]
    click.echo(json.dumps({"valid": valid, "problems": found}, indent=2))


def _summary(checked: Checked) -> str:
    from rke_py.cluster.model import Role
    from rke_py.cluster.resolve import DEFAULT_CLUSTER_NAME

    nodes = checked.config.nodes
    counts = ", ".join(f"{sum(role in node.role for node in nodes)} {role}" for role in Role)
    hosts = "1 host" if len(nodes) == 1 else f"{len(nodes)} hosts"
    name = checked.config.cluster_name or DEFAULT_CLUSTER_NAME
    return f"cluster {name}, Kubernetes {checked.version}, {hosts} ({counts})"


command.add_command(init)
command.add_command(schema)
command.add_command(show)
command.add_command(versions)
command.add_command(images)
