"""The ``rke-py`` command itself."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from io import TextIOWrapper
from typing import Any

import click
from typing_extensions import override

from rke_py import __version__
from rke_py.cli.exits import Exits
from rke_py.cli.lazy import LazyGroup
from rke_py.cli.redaction import Redactor
from rke_py.cli.rke import instead, understood, unread
from rke_py.errors import UsageError

COMMANDS = (
    "up",
    "plan",
    "upgrade",
    "status",
    "doctor",
    "support-bundle",
    "node",
    "remove",
    "cert",
    "encrypt",
    "etcd",
    "kubeconfig",
    "state",
    "adopt",
    "unlock",
    "version",
    "config",
    "images",
    "completion",
)
"""In the order of a cluster's life; each is a module of ``rke_py.cli.commands``."""


@dataclass(frozen=True, slots=True)
class App:
    """What every command is given by the one above it."""

    redactor: Redactor = field(default_factory=Redactor)


class Root(LazyGroup):
    """The outermost group: RKE's spellings go in, and whatever is raised ends as a message and an exit status."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        arguments, notes = understood(args)
        for note in (*notes, *unread(os.environ)):
            click.echo(f"Note:  {note}", err=True)
        missing = instead(arguments)
        if missing:
            raise UsageError(missing.what, hint=missing.hint)
        return super().parse_args(ctx, list(arguments))

    @override
    def main(self, *args: Any, **extra: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                # a terminal or pipe that cannot show a character must not end a run
                stream.reconfigure(errors="backslashreplace")
        app = App()
        with Exits(app.redactor):
            status = super().main(*args, **{**extra, "standalone_mode": False, "obj": app})
            # ctx.exit(4) comes back as a number, everything else a command returns is None
            sys.exit(status if isinstance(status, int) else 0)


@click.command(
    cls=Root,
    package="rke_py.cli.commands",
    names=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-v", "--version", prog_name="rke-py", message="%(prog)s %(version)s")
def root() -> None:
    """Turn machines that run Docker and answer SSH into a Kubernetes cluster, and keep it healthy.

    One file, cluster.yml, says what is wanted; "rke-py up" makes it so. Beside that file rke-py keeps
    cluster.rkestate (what was made, with all keys: keep it safe), kube_config_cluster.yml (for kubectl) and
    cluster.log.

    First cluster:
      rke-py config validate        check cluster.yml, all faults at once
      rke-py plan                   show what would be done, and touch nothing
      rke-py up                     do it; run it again after every edit
      rke-py status                 see how the cluster is

    Exit status of every command:
      0    done
      1    failed; the message says where, what, and what to try
      2    wrong usage, or faults in cluster.yml
      3    done, but some workers failed, or some etcd members have no snapshot
      4    plan --detailed-exitcode found changes, cert list --ends-within certificates
      130  interrupted by Ctrl-C
    """
