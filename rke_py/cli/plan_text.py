"""A plan on standard output."""

from __future__ import annotations

import json

import click

from rke_py.cli.console.choose import Output
from rke_py.cli.redaction import Redactor
from rke_py.plan.describe import as_data, describe
from rke_py.plan.model import Plan


def print_plan(plan: Plan, output: Output, redactor: Redactor, *, diff: bool = False) -> None:
    """Print what ``up`` would do; with the fields that differ when ``diff`` asks for them, in JSON always."""
    if output is Output.JSON:
        click.echo(json.dumps(redactor.value(as_data(plan)), indent=2))
        return
    for line in describe(plan, diff=diff):
        click.echo(redactor.text(line))
    click.echo(verdict(plan))


def verdict(plan: Plan) -> str:
    """Return the last line: how much there is to do."""
    count = sum(1 for _ in plan.steps)
    if not count:
        return "nothing to do: every host, the etcd members and the add-ons are as cluster.yml wants them"
    hosts = {step.host for step in plan.steps if step.host}
    return f"{_count(count, 'step')} on {_count(len(hosts), 'host')}; nothing was touched. Do it with: rke-py up"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
