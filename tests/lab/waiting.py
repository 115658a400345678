"""Waits for conditions, never for time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryError, Retrying, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed

from vagrant.lab.errors import LabError

Seen = TypeVar("Seen")

_PAUSE = 0.3


def until(condition: Callable[[], Seen], what: str, *, seconds: float = 120) -> Seen:
    """Look until the condition is true and return what it returned.

    Args:
        condition: Looks; an ``AssertionError`` or a command that failed counts as not true yet.
        what: What is waited for, in words.
        seconds: After so long the test fails with what was seen last.
    """
    retrying = Retrying(
        stop=stop_after_delay(seconds),
        wait=wait_fixed(_PAUSE),
        retry=retry_if_result(lambda seen: not seen)
        | retry_if_exception_type((AssertionError, CommandFailed, LabError)),
    )
    try:
        return retrying(condition)
    except RetryError as late:
        last = late.last_attempt
        seen = last.exception() or last.result()
        raise AssertionError(f"not within {seconds:.0f} s: {what}; seen last: {seen}") from late


class CommandFailed(Exception):
    """A command of a test ended with another status than 0."""
