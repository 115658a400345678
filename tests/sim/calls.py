"""What rke-py asked of the fleet, one entry a call, and what a test lets happen just before or after one."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from .clock import Time

CHANGING = frozenset(
    {
        *("pull", "load", "create", "start", "stop", "restart", "signal", "rename", "remove", "set_restart"),
        *(
            "run",
            "write_files",
            "write_large",
            "add_learner",
            "promote",
            "remove_member",
            "transfer_leadership",
            "defragment",
            "disarm",
        ),
        *("set_node", "cordon", "delete_node", "drain", "uncordon", "apply", "write_copy", "acquire", "release"),
        *("free_lease", "rewrite"),
    }
)
"""Verbs that may change something."""


class When(StrEnum):
    """On which side of a call or a step something happens."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call to a host, an etcd member or the API.

    Attributes:
        number: Counts the calls of a simulation.
        host: The machine; empty for the API.
        name: What it is about: a container, an image, a node, an add-on.
    """

    number: int
    host: str
    verb: str
    name: str = ""

    def __deepcopy__(self, _memo: object) -> Call:
        """Return itself, since it never changes: a world is copied with a thousand of them."""
        return self

    @property
    def changing(self) -> bool:
        """True when it may change something."""
        return self.verb in CHANGING


@dataclass(slots=True)
class _Hook:
    matches: Callable[[Call], bool]
    act: Callable[[], None]
    when: When
    left: int


@dataclass(slots=True)
class Calls:
    """The log of all calls, and the hooks on them."""

    time: Time
    log: list[Call] = field(default_factory=list)
    _hooks: list[_Hook] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on(
        self,
        matches: Callable[[Call], bool],
        act: Callable[[], None],
        *,
        when: When = When.BEFORE,
        times: int = 1,
    ) -> None:
        """Do something at the next calls that match; an exception that it raises reaches the caller."""
        self._hooks.append(_Hook(matches, act, when, times))

    @contextmanager
    def __call__(self, host: str, verb: str, name: str = "") -> Iterator[Call]:
        """Note a call, let its moment pass, and run the hooks around it."""
        self.time.call()
        call = Call(number=next(self._numbers), host=host, verb=verb, name=name)
        self.log.append(call)
        self._run(call, When.BEFORE)
        yield call
        self._run(call, When.AFTER)
        self.time.now()  # a process that was killed meanwhile does not get the answer

    def locks(self) -> dict[int, object]:
        """Return new locks for a copy, by the identity of those that they stand for."""
        return {id(self._lock): threading.Lock()}

    def forget(self) -> None:
        """Forget every hook."""
        self._hooks.clear()

    def since(self, number: int) -> tuple[Call, ...]:
        """Return the calls after that many."""
        return tuple(self.log[number:])

    def _run(self, call: Call, when: When) -> None:
        if not self._hooks:
            return
        for hook in tuple(self._hooks):
            if hook.when is when and hook.matches(call):
                with self._lock:
                    due = hook.left > 0
                    hook.left -= 1
                if due:
                    hook.act()
