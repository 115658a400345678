"""Asks for the passphrases of private key files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from threading import Lock

import click
from pydantic import SecretStr

VARIABLE = "RKE_SSH_PASSPHRASE"
"""Environment variable with the passphrase of the private keys, for runs that nobody watches."""


class Passphrases:
    """Answers with each key file's passphrase; many connections that need one at once cause one question.

    Args:
        given: A passphrase from the environment, which is tried for every key; None where there is none.
        terminal: True when somebody can be asked.
        quiet: Entered while a question is open.
        protect: Is told every passphrase, to mask it wherever it might show up.
    """

    def __init__(
        self,
        *,
        given: str | None,
        terminal: bool,
        quiet: Callable[[], AbstractContextManager[None]],
        protect: Callable[[Iterable[str]], None],
    ) -> None:
        self._given = given
        self._terminal = terminal
        self._quiet = quiet
        self._protect = protect
        self._lock = Lock()
        self._answers: dict[str, SecretStr | None] = {}
        if given:
            protect([given])

    def __call__(self, path: str) -> SecretStr | None:
        """Return the passphrase of the key file at ``path``; None when there is none to be had."""
        with self._lock:
            if path not in self._answers:
                answer = self._given or self._ask(path)
                self._answers[path] = SecretStr(answer) if answer else None
            return self._answers[path]

    def _ask(self, path: str) -> str | None:
        if not self._terminal:
            return None
        with self._quiet():
            try:
                answer: str = click.prompt(
                    f"Passphrase of {path}", hide_input=True, err=True, default="", show_default=False
                )
            except click.Abort:
                return None
        self._protect([answer])
        return answer
