"""A command group that imports a command's module when that command is named, not before."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click
from typing_extensions import override

from rke_py.cli.pages import Group


class LazyGroup(Group):
    """A group whose commands live in one module each, under the name ``command``.

    Args:
        package: The package that holds the modules: ``rke_py.cli.commands``.
        names: The commands in the order in which help lists them; each is its module's name, with dashes.
    """

    def __init__(self, *, package: str, names: tuple[str, ...], **settings: Any) -> None:
        super().__init__(**settings)
        self._package = package
        self._names = names

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._names)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._names:
            return None
        command = import_module(f"{self._package}.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a module without one is a fault of ours, met by the first test
        return command
