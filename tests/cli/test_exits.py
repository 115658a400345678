import errno

import click
import pytest

from rke_py.cli.exits import Exits, coloured
from rke_py.cli.redaction import MASK, Redactor
from rke_py.errors import ConfigError, Interrupted, Problem, RkeError, WorkersFailed


@pytest.fixture
def log_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def status_of(error: BaseException, redactor: Redactor | None = None) -> int:
    with pytest.raises(SystemExit) as left, Exits(redactor or Redactor()):
        raise error
    return left.value.code


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(RkeError("x"), 1, id="failed"),
        pytest.param(ConfigError("x", [Problem(where="a", what="b")]), 2, id="configuration"),
        pytest.param(click.UsageError("x"), 2, id="usage"),
        pytest.param(click.ClickException("x"), 1, id="click"),
        pytest.param(WorkersFailed("x", []), 3, id="workers"),
        pytest.param(Interrupted("x"), 130, id="interrupted"),
        pytest.param(KeyboardInterrupt(), 130, id="ctrl-c"),
        pytest.param(click.Abort(), 130, id="aborted"),
        pytest.param(SystemExit(4), 4, id="asked-for"),
        pytest.param(ExceptionGroup("x", [RkeError("y")]), 1, id="group"),
    ],
)
def test_the_exit_status(error, status):
    assert status_of(error) == status


def test_nothing_raised_goes_on():
    with Exits(Redactor()):
        pass


def test_the_error_is_on_standard_error_only(capsys):
    status_of(RkeError("it broke", where="n1", hint="try"))
    assert capsys.readouterr() == ("", "Error: n1: it broke\nHint:  try\n")


def test_an_unknown_exception_is_words_here_and_a_traceback_in_a_private_file(log_home, capsys):
    assert status_of(KeyError("surprise")) == 1
    shown = capsys.readouterr().err
    log = log_home / "rke-py" / "log" / "rke-py.log"
    assert "Traceback" not in shown
    assert "KeyError: 'surprise'" in shown
    assert str(log) in shown
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_secrets_are_masked_in_the_message_and_in_the_traceback(log_home, capsys):
    redactor = Redactor()
    redactor.protect(["hunter2-hunter2"])
    status_of(ValueError("bad password hunter2-hunter2"), redactor)
    log = (log_home / "rke-py" / "log" / "rke-py.log").read_text()
    assert f"bad password {MASK}" in capsys.readouterr().err
    assert "hunter2" not in log


def test_a_log_that_cannot_be_written_does_not_hide_the_fault(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert status_of(OSError(errno.EIO, "disk")) == 1
    assert "disk" in capsys.readouterr().err


def test_labels_are_coloured_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert coloured("Error: x") == "Error: x"
    monkeypatch.setenv("NO_COLOR", "")
    assert coloured("Error: x\nHint:  Error: y") == (
        "\x1b[31m\x1b[1mError\x1b[0m: x\n\x1b[36m\x1b[1mHint\x1b[0m:  Error: y"
    )
