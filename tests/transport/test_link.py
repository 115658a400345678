from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from rke_py.errors import Unreachable
from rke_py.transport.channels import HostTransport
from rke_py.transport.link import Link


class Line:
    """A transport as far as Link knows one."""

    def __init__(self) -> None:
        self.up = True

    def is_active(self) -> bool:
        return self.up

    def join(self, timeout: float | None = None) -> None:
        pass

    def close(self) -> None:
        self.up = False


class Connects:
    """Connects in order: a line, or the fault to raise."""

    def __init__(self, *answers: Line | Unreachable) -> None:
        self.answers = list(answers)

    def __call__(self) -> HostTransport:
        answer = self.answers.pop(0)
        if isinstance(answer, Unreachable):
            raise answer
        return cast(HostTransport, answer)


def test_a_connection_is_opened_once() -> None:
    line = Line()
    link = Link("node-1", Connects(line))
    assert link.transport() is link.transport() is cast(Any, line)


def test_a_lost_connection_is_opened_again() -> None:
    first, second = Line(), Line()
    link = Link("node-1", Connects(first, second))
    link.transport()
    first.up = False
    assert link.transport() is cast(Any, second)


def test_the_first_failure_stands() -> None:
    connects = Connects(Unreachable("node-1", "refused"), Line())
    link = Link("node-1", connects)
    for _ in range(3):
        with pytest.raises(Unreachable, match="refused"):
            link.transport()
    assert len(connects.answers) == 1


def test_after_it_was_up_every_call_tries_again() -> None:
    first, third = Line(), Line()
    link = Link("node-1", Connects(first, Unreachable("node-1", "rebooting"), third))
    link.transport()
    first.up = False
    with pytest.raises(Unreachable, match="rebooting"):
        link.transport()
    assert link.transport() is cast(Any, third)


def test_a_closed_link_stays_closed() -> None:
    line = Line()
    link = Link("node-1", Connects(line, Line()))
    link.transport()
    link.close()
    assert not line.up
    with pytest.raises(Unreachable, match="closed"):
        link.transport()


@pytest.mark.parametrize(
    ("during", "stands"),
    [
        (lambda link, line: None, True),
        (lambda link, line: line.close(), False),
        (lambda link, line: (line.close(), link.transport()), False),
    ],
)
def test_what_was_watched_tells_of_the_connection_of_then(during: Callable[[Link, Line], object], stands: bool) -> None:
    line = Line()
    link = Link("node-1", Connects(line, Line()))
    link.transport()
    watched = link.watch()
    during(link, line)
    assert watched() is stands


def test_before_there_was_a_connection_none_stands() -> None:
    link = Link("node-1", Connects(Line()))
    watched = link.watch()
    assert not watched()
    link.transport()
    assert watched()
