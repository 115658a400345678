"""An offline plan on standard output."""

from __future__ import annotations

import json

import click

from rke_py.cli.console.choose import Output
from rke_py.cli.exits import coloured
from rke_py.cli.faults import problem_text
from rke_py.plan.offline_json import offline_json
from rke_py.workflows.offline import OfflinePlan


def print_offline(plan: OfflinePlan, output: Output) -> None:
    """Print what every host is to carry; warnings go to standard error."""
    for warning in plan.warnings:
        click.echo(coloured(problem_text(warning)), err=True)
    if output is Output.JSON:
        click.echo(json.dumps(offline_json(plan.cluster, plan.config, plan.hosts), indent=1))
        return
    for planned in plan.hosts:
        host = planned.host
        click.echo(f"{host.name} ({', '.join(sorted(host.roles))})")
        width = max(len(spec.name) for spec in planned.containers)
        for spec in planned.containers:
            click.echo(f"  {spec.name:<{width}}  {spec.image}")
    version = plan.cluster.version
    click.echo(f"Kubernetes {version}; nobody was asked. Flags, binds and files of each: --output json")
