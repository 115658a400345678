import pytest

from rke_py.cli.console.words import closing_lines, line_of, place_of, seconds, size
from rke_py.progress import Finished, StageStarted, StepStarted


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.04, "0.0s"), (12.34, "12.3s"), (59.94, "59.9s"), (60, "1m00s"), (125.4, "2m05s"), (3600, "60m00s")],
)
def test_a_duration(number, text):
    assert seconds(number) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (34_100_000, "34.1 MB"), (5e15, "5000.0 TB")]
)
def test_a_size(count, text):
    assert size(int(count)) == text


def test_a_no_op_says_so_and_how_it_knows():
    event = Finished(changed=0, seconds=2.1, basis="48 containers and 210 files on 4 hosts")
    assert list(closing_lines(event)) == [
        "nothing to do: 48 containers and 210 files on 4 hosts are as cluster.yml wants them (looked for 2.1s)"
    ]


def test_a_no_op_without_a_basis_still_says_so():
    line = "nothing to do: everything is as cluster.yml wants it (looked for 2.1s)"
    assert list(closing_lines(Finished(changed=0, seconds=2.1))) == [line]


def test_a_run_ends_with_what_was_done_and_what_needs_attention():
    assert list(closing_lines(Finished(changed=24, seconds=18.34, attention=("a certificate", "a snapshot")))) == [
        "done: 24 steps in 18.3s",
        "needs attention soon:",
        "  - a certificate",
        "  - a snapshot",
    ]


@pytest.mark.parametrize(("changed", "words"), [(1, "1 step in"), (2, "2 steps in")])
def test_steps_are_counted(changed, words):
    assert words in next(closing_lines(Finished(changed=changed, seconds=1)))


def test_a_step_has_a_place():
    assert place_of(StepStarted(stage="etcd", host="n1", step="x")) == ("n1", "etcd")


@pytest.mark.parametrize(
    ("hosts", "line"), [((), "begins"), (("a",), "begins on 1 host"), (("a", "b"), "begins on 2 hosts")]
)
def test_a_stage_begins(hosts, line):
    assert line_of(StageStarted(stage="etcd", hosts=hosts)) == line
