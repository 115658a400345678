"""What changes take, as a table."""

from __future__ import annotations

import json

from benchmarks.day_two import Change, result, unavoidable
from tests.lab.operator import Run


def test_only_what_makes_components_go_or_come_is_unavoidable() -> None:
    steps = ("replace etcd", "write 3 files", "restart kubelet")
    events = [{"event": "step-ended", "step": step, "seconds": 2.0} for step in steps]
    assert unavoidable(Run.of_events(0, events)) == 4.0


def test_a_change_is_a_row_and_its_aim_a_note() -> None:
    rotated = Change(what="every certificate rotated", seconds=30, unavoidable=12, by_rke=39, times=3)
    added = Change(what="a worker added", seconds=25, unavoidable=9, limit=20)
    found = result([rotated, added])
    assert found.rows == [
        ("every certificate rotated", "30.0", "12.0", "2.5", "39"),
        ("a worker added", "25.0", "9.0", "2.8", ""),
    ]
    assert [note.split(": ", 1)[1] for note in found.notes] == [
        "at most 3 times the restarts: 2.5, met.",
        "at most 20 s: missed.",
    ]
    json.dumps(found.measured)
