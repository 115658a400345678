"""Whether the machines' clocks agree, with each other and with ours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from statistics import median_high, median_low

from rke_py.errors import Problem
from rke_py.plan.observed import Observed

_NOTICED = timedelta(seconds=2)
"""etcd and leases begin to complain; our own measuring is finer than that."""

_REFUSED = timedelta(seconds=30)
"""Leases and tokens are judged by another machine's clock."""

_CERTIFICATES = timedelta(minutes=5)
"""Certificates are valid from five minutes before they are made, by our clock."""

_HINT = "Let the machines keep time: install and start chrony, or systemd-timesyncd (timedatectl set-ntp true)."


def clock_problems(observed: Observed) -> Iterable[Problem]:
    """Name hosts whose clock differs from most others', and ours if it is the one that differs."""
    offsets = {host.name: host.facts.clock_offset for host in observed.hosts.values() if host.facts is not None}
    if not offsets:
        return
    middle = median_low(offsets.values()), median_high(offsets.values())
    usual = min(middle, key=abs)  # ours decides between two halves
    for name, offset in offsets.items():
        apart = abs(offset - usual)
        if apart > _NOTICED:
            way = "ahead of" if offset > usual else "behind"
            what = f"its clock is {_seconds(apart)} {way} the other hosts'"
            yield Problem(where=name, what=what, hint=_HINT, warning=apart <= _REFUSED)
    if -usual > _CERTIFICATES:
        what = (
            f"this machine's clock is {_seconds(-usual)} ahead of the hosts': new certificates would not be valid yet"
        )
        yield Problem(where="", what=what, hint="Set this machine's clock.")


def _seconds(time: timedelta) -> str:
    return f"{time.total_seconds():.1f} s"
