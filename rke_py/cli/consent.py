"""Asks before something is destroyed or interrupted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import click

from rke_py.errors import ConsentMissing, Interrupted


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Answers a workflow's question whether to go on.

    Attributes:
        yes: The operator said ``--yes``: everything is agreed to.
        terminal: True when somebody can be asked.
        quiet: Entered while a question is open: the live table stands still, Ctrl-C ends the question.
    """

    yes: bool
    terminal: bool
    quiet: Callable[[], AbstractContextManager[None]]

    def __call__(self, question: str, costs: Sequence[str]) -> bool:
        """Return whether the operator agrees.

        Args:
            question: One sentence that can be answered by yes or no.
            costs: What is destroyed or interrupted, one sentence each.

        Raises:
            ConsentMissing: Nobody can be asked, or the answer never came.
        """
        if self.yes:
            return True
        if not self.terminal:
            raise ConsentMissing(f"not agreed to: {question}", evidence=costs, hint=_HINT)
        with self.quiet():
            for cost in costs:
                click.echo(f"  - {cost}", err=True)
            try:
                return click.confirm(question, err=True)
            except click.Abort as ended:
                if isinstance(ended.__context__, KeyboardInterrupt):
                    raise Interrupted("stopped at the question") from ended
                raise ConsentMissing(f"no answer to: {question}", evidence=costs, hint=_HINT) from ended


_HINT = "Run it again with --yes to agree, or on a terminal to be asked."
