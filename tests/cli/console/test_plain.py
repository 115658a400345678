import os
from io import StringIO

from rke_py.cli.console.plain import Plain
from rke_py.cli.redaction import MASK, Redactor
from rke_py.progress import Note


def test_every_event_is_one_line_with_time_host_and_stage(a_run, elapsed):
    stream = StringIO()
    plain = Plain(stream, elapsed=elapsed, redactor=Redactor())
    for event in a_run:
        plain.report(event)
    assert stream.getvalue().splitlines() == [
        "    0.5s           etcd      begins on 2 hosts",
        "    1.0s  n1                 pulling etcd:3.6 1.5 MB of 3.0 MB",
        "    1.5s  n1       etcd      join etcd ...",
        "    2.0s  n1       etcd      join etcd: done in 5.4s",
        "    2.5s  node-22  etcd      join etcd: FAILED after 1m01s: etcd stopped",
        "    3.0s           etcd      over in 1m06s, failed: node-22",
        "    3.5s  n1                 its clock is 2 s ahead",
        "Warning: n1: swap is on",
        "Hint:  swapoff -a",
        "done: 1 step in 1m10s",
        "needs attention soon:",
        "  - certificate kube-apiserver ends in 40 days",
    ]


def test_beside_an_answer_only_notes_warnings_and_the_end_are_written(a_run, elapsed):
    stream = StringIO()
    plain = Plain(stream, elapsed=elapsed, redactor=Redactor(), steps=False)
    for event in a_run:
        plain.report(event)
    first, second, *_ = stream.getvalue().splitlines()
    assert first.endswith("its clock is 2 s ahead")
    assert second == "Warning: n1: swap is on"


def test_secrets_are_masked(elapsed):
    stream, redactor = StringIO(), Redactor()
    redactor.protect(["hunter2-hunter2"])
    Plain(stream, elapsed=elapsed, redactor=redactor).report(Note(text="login hunter2-hunter2"))
    assert stream.getvalue().endswith(f"login {MASK}\n")


def test_a_reader_that_went_away_does_not_end_the_run(a_run, elapsed):
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w", buffering=1)
    plain = Plain(stream, elapsed=elapsed, redactor=Redactor())
    for event in a_run:
        plain.report(event)
    stream.close()
