"""The tutorial, typed as it stands: every command works and prints what the page shows."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from tests.docs.pages import ROOT, Command, commands
from vagrant.lab import docker, hosts

pytestmark = pytest.mark.lab

_COMMANDS = list(commands("docs/tutorial/first-cluster.md"))
_LAB = "demo"
_LONGEST = 1800
"""Seconds for the whole page."""

_MARK = "\x1e"
_NUMBER = re.compile(r"(?:\d+m)?\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed, standard error included, and its exit status."""

    printed: Sequence[str]
    status: int


@pytest.fixture(scope="module")
def ran() -> Iterator[Mapping[Command, Ran]]:
    """Type the page into one shell, command after command, and remove the demo whatever happens."""
    if docker.answers() and any(host.lab == _LAB for host in hosts.of_lab()):
        pytest.fail(f"the lab {_LAB} runs already, and this test would remove it: make demo-down")
    try:
        yield dict(_typed(_COMMANDS))
    finally:
        subprocess.run(["make", "demo-down"], cwd=ROOT, check=True)


@pytest.mark.parametrize("command", _COMMANDS, ids=str)
def test_a_command_of_the_tutorial_works_and_prints_what_is_shown(command: Command, ran: Mapping[Command, Ran]) -> None:
    assert command in ran, "the shell ended before this command"
    assert ran[command].status == 0, "\n".join(ran[command].printed)
    assert _missing(command.shown, ran[command].printed) == [], "\n".join(ran[command].printed)


def _typed(typed: Sequence[Command]) -> Iterator[tuple[Command, Ran]]:
    """Run commands in one shell, so that what one exports the next one has."""
    pipe = subprocess.PIPE
    with subprocess.Popen(["bash"], cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        watchdog = threading.Timer(_LONGEST, shell.kill)
        watchdog.start()
        try:
            for command in typed:
                # a command of the page must not read the next ones
                shell.stdin.write(f"{{\n{command.text}\n}} < /dev/null\nprintf '\\n{_MARK}%s\\n' $?\n")
                shell.stdin.flush()
                answer = _until_mark(shell.stdout)
                if answer is None:
                    return
                yield command, answer
            shell.stdin.close()
        finally:
            watchdog.cancel()


def _until_mark(lines: Iterator[str]) -> Ran | None:
    printed: list[str] = []
    for line in lines:
        if line.startswith(_MARK):
            return Ran(printed, int(line[1:]))
        printed.append(line.rstrip("\n"))
    return None


def _missing(shown: Sequence[str], printed: Sequence[str]) -> list[str]:
    """Return the first shown line that was not printed, in the page's order; a line ``...`` stands for any lines."""
    rest = iter(printed)
    for line in shown:
        if line != "..." and not any(_pattern(line).fullmatch(there) for there in rest):
            return [line]
    return []


def _pattern(line: str) -> re.Pattern[str]:
    """Return what a shown line looks like in another run: other numbers and times, other widths of columns.

    ``...`` within the line stands for anything.
    """
    return re.compile(
        r"\s*" + r"\s+".join(".*".join(map(_numbers, word.split("..."))) for word in line.split()) + r"\s*"
    )


def _numbers(text: str) -> str:
    return _NUMBER.pattern.join(map(re.escape, _NUMBER.split(text)))
