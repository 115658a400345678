from collections.abc import Iterator

import pytest

from rke_py.cli.faults import json_of, text_of
from rke_py.errors import (
    ConfigError,
    HostError,
    Interrupted,
    MembersFailed,
    PreflightError,
    Problem,
    ProofFailed,
    RkeError,
    RolloutFailed,
    Unreachable,
    UsageError,
    WorkersFailed,
)

PROBLEMS = (
    Problem(where="n2", what="swap is on", hint="swapoff -a", warning=True),
    Problem(where="cluster.yml:14:5 nodes[1].role[0]", what="'control-plane' is not a role", hint="Use controlplane"),
)
FAILURES = (
    Unreachable("n1", "connection refused", hint="Is sshd running?"),
    ProofFailed("n2", "etcd stopped", evidence=["panic: no space left"], hint="docker logs etcd"),
)

STATUSES = {UsageError: 2, ConfigError: 2, WorkersFailed: 3, MembersFailed: 3, Interrupted: 130}


def tree(kind: type[RkeError]) -> Iterator[type[RkeError]]:
    """Yield every public class of the error tree."""
    if kind.__module__ == "rke_py.errors":
        if not kind.__name__.startswith("_"):
            yield kind
        for child in kind.__subclasses__():
            yield from tree(child)


def example(kind: type[RkeError]) -> RkeError:
    """Return an error of that class, made the way its kind is made."""
    if issubclass(kind, ConfigError | PreflightError):
        return kind("2 faults", PROBLEMS, hint="mend them")
    if issubclass(kind, RolloutFailed):
        return kind("the run stopped", FAILURES, hint="run up again")
    if issubclass(kind, HostError):
        return kind("n1", "broke", evidence=["a", "b"], hint="try")
    return kind("it broke", evidence=["a", "b"], hint="try")


BY_NAME = [pytest.param(example(kind), STATUSES.get(kind, 1), id=kind.__name__) for kind in tree(RkeError)]


@pytest.mark.parametrize(("error", "status"), BY_NAME)
def test_the_text_says_where_what_evidence_and_hint(error, status):
    text = text_of(error)
    for part in (error.where, error.what, error.hint, *(f"  | {line}" for line in error.evidence)):
        assert part in text


@pytest.mark.parametrize(("error", "status"), BY_NAME)
def test_the_json_has_every_field_for_every_error(error, status):
    assert json_of(error).keys() == {
        "type",
        "where",
        "what",
        "evidence",
        "notes",
        "hint",
        "problems",
        "failures",
    }
    assert json_of(error)["type"] == type(error).__name__


@pytest.mark.parametrize(("error", "status"), BY_NAME)
def test_every_error_has_its_exit_status(error, status):
    assert error.exit_code == status


def test_a_fault_of_one_host():
    assert text_of(FAILURES[1]) == "Error: n2: etcd stopped\n  | panic: no space left\nHint:  docker logs etcd"


def test_collected_problems_come_errors_first_and_the_verdict_last():
    assert text_of(ConfigError("cluster.yml has one fault", PROBLEMS)) == (
        "Error: cluster.yml:14:5 nodes[1].role[0]: 'control-plane' is not a role\n"
        "Hint:  Use controlplane\n"
        "\n"
        "Warning: n2: swap is on\n"
        "Hint:  swapoff -a\n"
        "\n"
        "Error: cluster.yml has one fault"
    )


def test_a_failed_rollout_shows_every_hosts_own_error():
    assert text_of(RolloutFailed("the run stopped", FAILURES, hint="run up again")) == (
        "Error: n1: connection refused\n"
        "Hint:  Is sshd running?\n"
        "\n"
        "Error: n2: etcd stopped\n"
        "  | panic: no space left\n"
        "Hint:  docker logs etcd\n"
        "\n"
        "Failed: the run stopped\n"
        "Hint:  run up again"
    )


def test_notes_added_on_the_way_up_are_shown():
    error = ProofFailed("n1", "etcd is not healthy")
    error.add_note("the old container was put back and is healthy")
    assert text_of(error) == "Error: n1: etcd is not healthy\n  the old container was put back and is healthy"


def test_lines_after_the_first_are_indented():
    error = RkeError("one\ntwo", evidence=["three\nfour"], hint="five\nsix")
    assert text_of(error) == "Error: one\n  two\n  | three\n  | four\nHint:  five\n       six"
