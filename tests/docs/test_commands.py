"""Every command in the documents is one that exists and takes these arguments."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from docs.generate.commands import help_pages
from rke_py.catalog.upstream import MINORS
from rke_py.catalog.upstream import release as upstream_release

from .command_line import invocations, options, parse
from .pages import ROOT, Command, commands, inline_code, name_of, pages

_CALLED = [command for command in commands() if list(invocations(command.text))]
_MADE = [command for command in commands() if list(invocations(command.text, "make"))]
_OTHERS = frozenset({"--version", "--help"})


@pytest.mark.parametrize("command", _CALLED, ids=str)
def test_a_command_of_rke_py_is_one_it_takes(command: Command) -> None:
    for arguments in invocations(command.text):
        parse(arguments)


@pytest.mark.parametrize("command", _MADE, ids=str)
def test_a_target_of_make_exists(command: Command) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for arguments in invocations(command.text, "make"):
        assert {word for word in arguments if "=" not in word} <= targets


@pytest.mark.parametrize("path", pages(), ids=name_of)
def test_what_the_text_calls_a_command_is_one(path: Path) -> None:
    for code in inline_code(path):
        for arguments in invocations(code) if code.startswith("rke-py ") else ():
            parse(arguments)


@pytest.mark.parametrize("path", pages(), ids=name_of)
def test_what_the_text_calls_an_option_is_one_of_rke_py_or_of_a_component(path: Path) -> None:
    components = {flag for minor in MINORS for flags in _flags(minor) for flag in flags}
    named = {code.split("=")[0].split(" ")[0] for code in inline_code(path) if code.startswith("--")}
    assert {flag for flag in named if flag[2:] not in components} <= options() | _OTHERS


@pytest.mark.parametrize(("name", "text"), list(help_pages()))
def test_an_example_of_a_help_page_is_taken(name: str, text: str) -> None:
    for line in re.findall(r"^ {4}(?:\w+: +)?(rke-py .*)$", text, flags=re.MULTILINE):
        for arguments in invocations(re.split(r"\s{3,}", line)[0]):
            parse(arguments)


@pytest.mark.parametrize("wrong", ["rke-py upp", "rke-py up --drain", "rke-py config", "rke-py completion tcsh"])
def test_a_command_that_does_not_exist_is_noticed(wrong: str) -> None:
    with pytest.raises(click.UsageError):
        parse(next(invocations(wrong)))


def test_calls_are_found_in_pipes_and_behind_variables() -> None:
    text = "A=1 rke-py plan --output json | jq . && .venv/bin/rke-py up > log; echo rke-py"
    assert list(invocations(text)) == [("plan", "--output", "json"), ("up",)]


def _flags(minor: tuple[int, int]) -> list[frozenset[str]]:
    return list(upstream_release(MINORS[minor].newest, minor).flags.values())
