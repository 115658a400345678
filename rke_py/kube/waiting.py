"""Waiting for a condition by asking again; the one place in this package where time passes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

from rke_py.errors import RkeError

T = TypeVar("T")


def wait_until(
    attempt: Callable[[], T],
    *,
    timeout: float,
    retry: type[RkeError] | tuple[type[RkeError], ...],
    interval: float = 0.1,
    longest: float = 1.0,
) -> T:
    """Call ``attempt`` until it does not raise one of ``retry``; its last error is raised when the time is over.

    Args:
        attempt: Returns the result, or raises what tells why there is none yet.
        timeout: Seconds; at least one attempt is made.
        retry: Errors that mean "not yet". Every other error is raised at once.
        interval: Seconds between the first attempts, twice as long each time.
        longest: The most seconds between two attempts.
    """
    return tenacity.Retrying(
        stop=tenacity.stop_after_delay(timeout),
        wait=tenacity.wait_exponential(multiplier=interval, max=longest),
        retry=tenacity.retry_if_exception_type(retry),
        reraise=True,
    )(attempt)
