"""``rke-py config show`` and ``config schema``: what cluster.yml comes to, and what it may be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rke_py.cli import options
from rke_py.cli.pages import Command

if TYPE_CHECKING:
    from rke_py.config.shown import Entry

_COMMENT = 60
"""Column of the comments."""


@click.command("show", cls=Command, short_help="Show cluster.yml with every default, and where each value is from.")
@options.config
@options.output
def show(config: Path, output: str) -> None:
    """Show what cluster.yml comes to: every value with where it is from, secrets hidden.

    Behind each value stands its line in the file, "default", "catalog" (it follows the Kubernetes version) or "running
    cluster". The text is YAML. The JSON has config, as nested maps, and origins, by key.

    Examples:
      rke-py config show
      rke-py config show | grep -v default
      rke-py config show --output json | jq '.origins["network.plugin"]'

    Exit status: 0 shown, 2 wrong usage, or cluster.yml has faults.
    """
    from rke_py.config.shown import Sources, entries, nested, origins
    from rke_py.stores.statefile import StateStore
    from rke_py.workflows.context import Context
    from rke_py.workflows.loading import load_cluster
    from rke_py.workflows.remembered import running_version

    running = running_version(StateStore(Context(config=config).state_path).read())
    asked = load_cluster(config, running_version=running)
    sources = Sources(given=asked.loaded.config, positions=asked.loaded.positions, from_running=bool(running))
    found = tuple(entries(asked.completed, sources))
    if output == "json":
        click.echo(json.dumps({"config": nested(found), "origins": origins(found)}, indent=2))
    else:
        click.echo("\n".join(_lines(found)))


@click.command("schema", cls=Command, short_help="Print the schema of cluster.yml for editors.")
def schema() -> None:
    """Print the JSON schema of cluster.yml, with which editors complete keys and explain them.

    Write it to a file, and name that in the first line of cluster.yml:
      # yaml-language-server: $schema=cluster.schema.json

    Examples:
      rke-py config schema > cluster.schema.json

    Exit status: 0 printed, 2 wrong usage.
    """
    from rke_py.config.json_schema import json_schema
    from rke_py.config.remarks import remarks
    from rke_py.stores.example import example

    click.echo(json.dumps(json_schema(remarks(example())), indent=2))


def _lines(found: Iterable[Entry]) -> Iterator[str]:
    """Yield the lines of a YAML file with a comment behind every value."""
    shown: tuple[str | int, ...] = ()
    for entry in found:
        common = _common(shown, entry.path)
        for depth in range(common, len(entry.path)):
            part = entry.path[depth]
            if isinstance(part, int):
                continue
            lead = _lead(entry.path, depth, common)
            text = f"{lead}{_yaml(part)}:"
            if depth == len(entry.path) - 1:
                text = f"{text} {_yaml(entry.value)}"
                yield f"{text:<{_COMMENT}} # {entry.origin}"
            else:
                yield text
        shown = entry.path


def _common(one: tuple[str | int, ...], other: tuple[str | int, ...]) -> int:
    return next((depth for depth, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)


def _lead(path: tuple[str | int, ...], depth: int, common: int) -> str:
    """Return the indent of a key; the first key of a list's entry has its dash."""
    indent = "  " * depth
    opens = depth > 0 and isinstance(path[depth - 1], int) and depth - 1 >= common
    return f"{indent[:-2]}- " if opens else indent


def _yaml(value: Any) -> str:
    import yaml

    text: str = yaml.safe_dump(value, default_flow_style=True, width=float("inf"), allow_unicode=True)
    return text.removesuffix("...\n").rstrip("\n")
