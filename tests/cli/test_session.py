import json
import logging
import signal

import click
import pytest
from pydantic import SecretStr

from rke_py.cli.console.choose import Output
from rke_py.cli.exits import Exits
from rke_py.cli.redaction import Redactor
from rke_py.cli.session import Settings, session
from rke_py.errors import ConsentMissing, Interrupted, RkeError, UsageError, WorkersFailed
from rke_py.progress import Finished, Note


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "cluster.yml"
    path.touch()
    return path


def ends(settings, error=None) -> int:
    """Run a session that raises the error, and return the exit status."""
    redactor = Redactor()
    try:
        with Exits(redactor), session(settings, redactor):
            if error is not None:
                raise error
    except SystemExit as left:
        return left.code
    return 0


def test_without_the_file_nothing_is_begun(tmp_path):
    with (
        pytest.raises(UsageError, match=r"there is no .*cluster\.yml"),
        session(Settings(config=tmp_path / "cluster.yml"), Redactor()),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_context_carries_what_the_flags_said(config):
    with session(Settings(config=config), Redactor()) as here:
        context = here.context(accept_new_host_keys=True, skip=("n1", "n2"))
        assert context.config == config
        assert context.accept_new_host_keys
        assert context.skip == {"n1", "n2"}
        assert not context.stop()


def test_events_go_to_the_display_and_to_the_log(config, capsys):
    with session(Settings(config=config), Redactor()) as here:
        here.reporter.report(Note(text="hello"))
    assert "hello" in capsys.readouterr().out
    assert "hello" in config.with_name("cluster.log").read_text()


def test_beside_an_answer_progress_is_on_standard_error(config, capsys):
    with session(Settings(config=config, answer=True), Redactor()) as here:
        here.reporter.report(Note(text="hello"))
    shown = capsys.readouterr()
    assert (shown.out, "hello" in shown.err) == ("", True)


@pytest.mark.parametrize(
    ("flags", "calls"),
    [
        pytest.param({}, True, id="a run"),
        pytest.param({"answer": True}, False, id="a look"),
        pytest.param({"answer": True, "log_file": "own.log"}, True, id="a look with a log of its own"),
    ],
)
def test_who_only_looks_leaves_the_log_of_runs_to_them(config, flags, calls):
    own = config.with_name(flags["log_file"]) if "log_file" in flags else None
    with session(Settings(config=config, **flags | {"log_file": own}), Redactor()):
        logging.getLogger("urllib3.connectionpool").debug("GET /containers/json")
    log = own or config.with_name("cluster.log")
    assert ("GET /containers/json" in log.read_text()) is calls


@pytest.mark.parametrize("answer", [True, False])
def test_json_is_for_the_run_or_for_the_answer(config, capsys, answer):
    with session(Settings(config=config, output=Output.JSON, answer=answer), Redactor()) as here:
        here.reporter.report(Finished(changed=0, seconds=1))
    out = capsys.readouterr().out
    assert out == "" if answer else json.loads(out)["event"] == "finished"


def test_a_failure_is_told_on_standard_error_and_in_the_log(config, capsys):
    assert ends(Settings(config=config), WorkersFailed("2 workers failed", [])) == 3
    assert capsys.readouterr().err == "Error: 2 workers failed\n"
    assert "2 workers failed" in config.with_name("cluster.log").read_text()


def test_a_failure_is_the_last_line_of_json(config, capsys):
    assert ends(Settings(config=config, output=Output.JSON), RkeError("it broke", hint="try")) == 1
    shown = capsys.readouterr()
    last = json.loads(shown.out.splitlines()[-1])
    assert (last["event"], last["exit_status"], last["error"]["what"]) == ("failed", 1, "it broke")
    assert shown.err == "Error: it broke\nHint:  try\n"


def test_an_unknown_exception_is_words_here_and_a_traceback_in_the_log(config, capsys):
    assert ends(Settings(config=config), ZeroDivisionError("surprise")) == 1
    shown = capsys.readouterr().err
    log = config.with_name("cluster.log")
    assert "Traceback" not in shown
    assert "ZeroDivisionError: surprise" in shown
    assert str(log) in shown
    assert "Traceback (most recent call last)" in log.read_text()


def test_it_is_an_internal_error_for_programs_too(config, capsys):
    ends(Settings(config=config, output=Output.JSON), ZeroDivisionError("surprise"))
    assert json.loads(capsys.readouterr().out)["error"]["type"] == "InternalError"


@pytest.mark.parametrize(
    ("error", "status"),
    [(click.UsageError("x"), 2), (click.Abort(), 130), (KeyboardInterrupt(), 130), (Interrupted("x"), 130), (None, 0)],
)
def test_the_exit_status(config, error, status):
    assert ends(Settings(config=config), error) == status


def test_ctrl_c_asks_the_run_to_stop(config):
    with session(Settings(config=config), Redactor()) as here:
        signal.raise_signal(signal.SIGINT)
        assert here.stop()


def test_nobody_watching_means_no_consent(config):
    with session(Settings(config=config), Redactor()) as here, pytest.raises(ConsentMissing):
        here.consent("Remove it?", ["everything"])


def test_yes_is_consent(config):
    with session(Settings(config=config, yes=True), Redactor()) as here:
        assert here.consent("Remove it?", ["everything"])


def test_a_passphrase_from_the_environment_is_used_and_masked(config, monkeypatch, capsys):
    monkeypatch.setenv("RKE_SSH_PASSPHRASE", "open-sesame")
    with session(Settings(config=config), Redactor()) as here:
        assert here.passphrase("~/.ssh/id_ed25519") == SecretStr("open-sesame")
        here.reporter.report(Note(text="open-sesame"))
    assert "sesame" not in capsys.readouterr().out
