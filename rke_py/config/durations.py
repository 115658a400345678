"""Durations as Go's ``time.ParseDuration`` reads them: ``12h``, ``1h30m``, ``1.5h``."""

from __future__ import annotations

import re

HOUR = 3600
LONGEST = (2**63 - 1) / 1e9
"""Seconds; Go counts nanoseconds in 64 bits, and refuses what is longer: 2,562,047 hours, 292 years."""

_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+\Z")
_SECONDS = {"h": HOUR, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def is_duration(text: str) -> bool:
    """Tell whether the text is written as a duration, of whatever length."""
    return _WHOLE.match(text) is not None


def seconds_of(text: str) -> float:
    """Return the seconds of a duration, of whatever length."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
