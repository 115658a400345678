from contextlib import nullcontext

import click
import pytest
from click.testing import CliRunner

from rke_py.cli.consent import Consent
from rke_py.errors import ConsentMissing

QUESTION = "Remove the cluster?"
COSTS = ("every pod is stopped", "etcd's data is deleted")


def ask(consent: Consent, answer: str):
    @click.command()
    def question() -> None:
        click.echo(consent(QUESTION, COSTS))

    return CliRunner().invoke(question, input=answer)


def consent(*, yes: bool = False, terminal: bool = True) -> Consent:
    return Consent(yes=yes, terminal=terminal, quiet=nullcontext)


def test_yes_beforehand_is_not_asked():
    done = ask(consent(yes=True, terminal=False), "")
    assert (done.stdout, done.stderr) == ("True\n", "")


@pytest.mark.parametrize(("answer", "agreed"), [("y\n", True), ("yes\n", True), ("n\n", False), ("\n", False)])
def test_a_terminal_is_asked(answer, agreed):
    assert ask(consent(), answer).stdout == f"{agreed}\n"


def test_only_a_clear_answer_counts():
    assert ask(consent(), "none of it\nn\n").stdout == "False\n"


def test_the_costs_stand_before_the_question():
    shown = ask(consent(), "n\n").stderr
    assert shown.index(COSTS[0]) < shown.index(COSTS[1]) < shown.index(QUESTION)


def test_without_a_terminal_the_flag_is_named():
    with pytest.raises(ConsentMissing) as missing:
        consent(terminal=False)(QUESTION, COSTS)
    assert "--yes" in missing.value.hint
    assert missing.value.evidence == COSTS


def test_an_answer_that_never_comes_is_missing():
    assert isinstance(ask(consent(), "").exception, ConsentMissing)
