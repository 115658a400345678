from contextlib import nullcontext
from threading import Thread

import click
from click.testing import CliRunner
from pydantic import SecretStr

from rke_py.cli.passphrase import Passphrases
from rke_py.cli.redaction import MASK, Redactor


def passphrases(redactor: Redactor, *, given: str | None = None, terminal: bool = True) -> Passphrases:
    return Passphrases(given=given, terminal=terminal, quiet=nullcontext, protect=redactor.protect)


def ask(wanted: Passphrases, paths: list[str], typed: str):
    @click.command()
    def question() -> None:
        click.echo([secret.get_secret_value() for path in paths if (secret := wanted(path))])

    return CliRunner().invoke(question, input=typed)


def test_each_key_is_asked_for_once():
    done = ask(passphrases(Redactor()), ["a", "b", "a"], "first-one\nsecond\n")
    assert done.stdout == "['first-one', 'second', 'first-one']\n"


def test_a_passphrase_is_neither_echoed_nor_logged():
    redactor = Redactor()
    done = ask(passphrases(redactor), ["a"], "first-one\n")
    assert "first-one" not in done.stderr
    assert redactor.text("first-one") == MASK


def test_one_from_the_environment_is_not_asked_for():
    redactor = Redactor()
    assert passphrases(redactor, given="from-outside", terminal=False)("a") == SecretStr("from-outside")
    assert redactor.text("from-outside") == MASK


def test_without_a_terminal_there_is_none():
    assert passphrases(Redactor(), terminal=False)("a") is None


def test_many_threads_get_the_one_answer():
    wanted, answers = passphrases(Redactor(), given="shared"), []
    threads = [Thread(target=lambda: answers.append(wanted("a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [SecretStr("shared")] * 8
