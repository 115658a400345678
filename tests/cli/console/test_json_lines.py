import json
from io import StringIO
from typing import get_args

import pytest

from rke_py.cli.console.json_lines import NAMES, JsonLines
from rke_py.cli.redaction import MASK, Redactor
from rke_py.errors import Problem, WorkersFailed
from rke_py.progress import Event, Note, Pulling

FIELDS = {
    "stage-started": {"stage", "hosts"},
    "stage-ended": {"stage", "seconds", "failed"},
    "step-started": {"stage", "host", "step"},
    "step-ended": {"stage", "host", "step", "seconds", "error"},
    "pulling": {"host", "image", "done", "total"},
    "note": {"text", "host"},
    "warned": {"problem"},
    "finished": {"changed", "seconds", "attention", "basis"},
    "failed": {"exit_status", "error"},
}


@pytest.fixture
def written(elapsed, now):
    """Return a function that reports events, closes, and gives back the objects that were written."""

    def write(*events, error=None, redactor=None):
        stream = StringIO()
        lines = JsonLines(stream, elapsed=elapsed, now=now, redactor=redactor or Redactor())
        for event in events:
            lines.report(event)
        lines.close(error)
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    return write


def test_every_kind_of_event_has_a_name():
    assert set(NAMES) == set(get_args(Event))


def test_the_fields_of_every_event_are_as_documented(written, a_run):
    objects = written(*a_run, error=WorkersFailed("x", []))
    assert {found["event"]: set(found) - {"event", "time", "elapsed"} for found in objects} == FIELDS


def test_every_line_says_when(written, a_run):
    first, second, *_ = written(*a_run)
    assert (first["time"], first["elapsed"]) == ("2026-11-20T12:00:00.000Z", 0.5)
    assert second["elapsed"] > first["elapsed"]


def test_a_failed_step_carries_its_error(written, a_run):
    failed = next(found for found in written(*a_run) if found.get("error"))
    assert failed["error"] == {
        "type": "ProofFailed",
        "where": "node-22",
        "what": "etcd stopped",
        "evidence": ["panic: disk full"],
        "notes": [],
        "hint": "docker logs etcd",
        "problems": [],
        "failures": [],
    }


def test_a_step_that_was_proved_has_no_error(written, a_run):
    assert next(found["error"] for found in written(*a_run) if found["event"] == "step-ended") is None


def test_a_failed_run_ends_with_its_exit_status(written):
    (last,) = written(error=WorkersFailed("2 workers failed", []))
    assert (last["event"], last["exit_status"], last["error"]["type"]) == ("failed", 3, "WorkersFailed")


def test_a_run_that_succeeded_ends_with_finished(written, a_run):
    assert written(*a_run)[-1]["event"] == "finished"


def test_pulls_are_thinned_out(now):
    stream = StringIO()
    lines = JsonLines(stream, elapsed=lambda: 0.0, now=now, redactor=Redactor())
    for done in range(5):
        lines.report(Pulling(host="n1", image="a", done=done, total=100))
    assert len(stream.getvalue().splitlines()) == 1


def test_secrets_are_masked_although_json_escapes_them(written):
    redactor = Redactor()
    redactor.protect(['hunter2"\\hunter2'])
    (note,) = written(Note(text='got hunter2"\\hunter2'), redactor=redactor)
    assert note["text"] == f"got {MASK}"


def test_a_problem_is_an_object(written, a_run):
    warned = next(found for found in written(*a_run) if found["event"] == "warned")
    assert warned["problem"] == {"where": "n1", "what": "swap is on", "hint": "swapoff -a", "warning": True}
    assert set(warned["problem"]) == set(Problem.__dataclass_fields__)
