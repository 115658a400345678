"""What every command that changes hosts is told alike: its options as one value, and the context to work in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rke_py.cli import options
from rke_py.cli.root import App

if TYPE_CHECKING:
    from rke_py.cli.session import Certificates
    from rke_py.workflows.context import Context

_OPTIONS = (
    options.yes,
    options.accept_new_host_keys,
    options.ssh_agent_auth,
    options.quiet,
    options.config,
    options.output,
    options.log_file,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """How a command that changes hosts was called."""

    app: App
    yes: bool
    accept_new_host_keys: bool
    ssh_agent_auth: bool
    quiet: bool
    config: Path
    output: str
    log_file: Path | None

    @contextmanager
    def context(self, certificates: Certificates | None = None) -> Iterator[Context]:
        """Give the workflow its context, with certificates of the owner's where it takes some; show what it reports."""
        from rke_py.cli.console.choose import Output
        from rke_py.cli.session import Settings, session

        settings = Settings(
            config=self.config, output=Output(self.output), yes=self.yes, quiet=self.quiet, log_file=self.log_file
        )
        with session(settings, self.app.redactor) as here:
            yield here.context(
                accept_new_host_keys=self.accept_new_host_keys,
                ssh_agent_auth=self.ssh_agent_auth,
                certificates=certificates,
            )


_COMMON = tuple(name for name in Acting.__dataclass_fields__ if name != "app")


def acting(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that every such command has, and call it with them as an ``Acting`` before its own."""

    @wraps(command)
    def called(app: App, **given: Any) -> None:
        command(Acting(app=app, **{name: given.pop(name) for name in _COMMON}), **given)

    decorated: Callable[..., None] = click.pass_obj(called)
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
