import logging
from threading import Thread

import pytest

from rke_py.cli.redaction import MASK, Redactor
from rke_py.cli.run_log import Bearings, LogReporter, run_log
from rke_py.errors import Problem, ProofFailed, UsageError
from rke_py.progress import Finished, Note, StepEnded, StepStarted, Warned


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "prod.yaml"
    path.touch()
    return path


STARTED = StepStarted(stage="etcd", host="n1", step="join etcd")


def logged(config, *events, libraries=(), redactor=None):
    """Return the lines of a log to which the events, then the libraries' messages, were written."""
    bearings = Bearings()
    with run_log(config, None, redactor or Redactor(), bearings) as path:
        reporter = LogReporter(bearings)
        for event in events:
            reporter.report(event)
        for name, level, text in libraries:
            logging.getLogger(name).log(level, text)
    return path.read_text().splitlines()


def test_the_log_is_beside_cluster_yml_and_private(config):
    with run_log(config, None, Redactor(), Bearings()) as path:
        assert path == config.with_name("prod.log")
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_log_that_others_could_read_is_closed_to_them(config):
    config.with_name("prod.log").touch(mode=0o644)
    with run_log(config, None, Redactor(), Bearings()) as path:
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_file_that_was_asked_for_wins(config, tmp_path):
    with run_log(config, tmp_path / "here", Redactor(), Bearings()) as path:
        assert path == tmp_path / "here"
    assert not config.with_name("prod.log").exists()


def test_a_file_that_was_asked_for_must_be_writable(config, tmp_path):
    with pytest.raises(UsageError, match="cannot write the log"), run_log(config, tmp_path, Redactor(), Bearings()):
        pass


def test_beside_a_folder_that_cannot_be_written_the_users_own_log_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    with run_log(tmp_path / "no-such-folder" / "cluster.yml", None, Redactor(), Bearings()) as path:
        assert path == tmp_path / "home" / "rke-py" / "log" / "rke-py.log"


def test_where_no_log_can_be_written_anywhere_a_place_for_it_is_asked_for(tmp_path, monkeypatch):
    (tmp_path / "home").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    nowhere = run_log(tmp_path / "no-such-folder" / "cluster.yml", None, Redactor(), Bearings())
    with pytest.raises(UsageError, match="cannot write the log: Not a directory") as caught, nowhere:
        pass
    assert "XDG_STATE_HOME" in caught.value.hint


def test_a_second_run_adds_to_the_log(config):
    logged(config, Note(text="first"))
    lines = logged(config, Note(text="second"))
    assert [line.rpartition(": ")[2] for line in lines] == ["first", "second"]


def test_every_line_has_host_and_stage(config):
    ended = StepEnded(stage="etcd", host="n1", step="join etcd", seconds=1)
    first, second, third = logged(config, STARTED, ended, Finished(changed=1, seconds=2))
    assert " n1 etcd " in first
    assert " n1 etcd " in second
    assert " - - " in third


def test_what_a_library_says_during_a_step_belongs_to_it(config):
    line = logged(config, STARTED, libraries=[("urllib3.connectionpool", logging.DEBUG, "GET /containers/json")])[-1]
    assert " n1 etcd urllib3.connectionpool: GET /containers/json" in line


def test_what_another_thread_says_does_not(config):
    bearings = Bearings()
    with run_log(config, None, Redactor(), bearings) as path:
        LogReporter(bearings).report(STARTED)
        other = Thread(target=lambda: logging.getLogger("paramiko.transport").info("connected"))
        other.start()
        other.join()
    assert path.read_text().splitlines()[-1].endswith(" - - paramiko.transport: connected")


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (Note(text="x"), "INFO"),
        (Warned(problem=Problem(where="n1", what="swap is on", warning=True)), "WARNING"),
        (StepEnded(stage="etcd", host="n1", step="x", seconds=1, error=ProofFailed("n1", "not healthy")), "ERROR"),
    ],
)
def test_the_level_tells_faults_from_news(config, event, level):
    assert f" {level} " in logged(config, event)[0]


def test_a_failed_step_is_logged_with_its_evidence(config):
    error = ProofFailed("n1", "not healthy", evidence=["panic: disk full"])
    lines = logged(config, StepEnded(stage="etcd", host="n1", step="x", seconds=1, error=error))
    assert lines[-1].endswith("| panic: disk full")


def test_packets_are_not_logged(config):
    assert logged(config, libraries=[("paramiko.transport", logging.DEBUG, "kex algos: ...")]) == []


def test_secrets_are_masked_in_messages_and_tracebacks(config):
    redactor = Redactor()
    redactor.protect(["hunter2-hunter2"])
    with run_log(config, None, redactor, Bearings()) as path:
        try:
            raise ValueError("hunter2-hunter2")
        except ValueError:
            logging.getLogger("rke_py").exception("with %s", "hunter2-hunter2")
    text = path.read_text()
    assert "hunter2" not in text
    assert MASK in text


def test_no_text_can_pose_as_a_record(config):
    _, second = logged(config, Note(text="one\n2026-11-20T12:00:00.000Z ERROR n1 etcd x: two"))
    assert second.startswith("    2026-11-20")


def test_afterwards_logging_is_as_before(config):
    before = logging.getLogger().handlers[:], logging.getLogger("paramiko").level
    logged(config, Note(text="x"))
    assert (logging.getLogger().handlers, logging.getLogger("paramiko").level) == before


def test_an_old_log_is_kept_aside_when_it_has_grown(config):
    config.with_name("prod.log").write_text("x" * 10_000_000)
    logged(config, Note(text="new"))
    aside = config.with_name("prod.log.1")
    assert aside.stat().st_size == 10_000_000
    assert config.with_name("prod.log").stat().st_mode & 0o777 == 0o600
