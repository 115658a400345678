"""What saving and restoring take, as a table."""

from __future__ import annotations

import json

from benchmarks.snapshots.figures import Restoring, Saving, result
from benchmarks.timeline import Span
from rke_py.plan.restore.forward import PREPARE, START_API_SERVERS, STOP_CONTROL_PLANE


def restored(ready: float, *, megabytes: float = 40, peak: float = 90) -> Restoring:
    stages = {
        PREPARE: Span(began=0, ended=2),
        STOP_CONTROL_PLANE: Span(began=2, ended=5),
        START_API_SERVERS: Span(began=7, ended=ready),
    }
    return Restoring(megabytes=megabytes, stages=stages, peak=peak, whole=ready + 20)


def test_what_is_saved_and_restored_is_a_row_and_aims_are_notes() -> None:
    saved = [Saving(by_programs=10, by_rke_py=12, stage=10, peak=80)]
    small, large = [restored(30), restored(70), restored(40)], restored(90, megabytes=1000, peak=250)
    found = result(saved, 1000, small, large, [4.2, 7.9])
    assert ("save, 1000 MB: rke-py", "12.0", "12.0", "12.0") in found.rows
    assert ("restore, 40 MB: stop control plane", "3.0", "3.0", "3.0") in found.rows
    assert ("restore, 40 MB: until all API servers are ready", "30.0", "40.0", "70.0") in found.rows
    assert ("restore, 40 MB: of it API servers away", "28.0", "38.0", "68.0") in found.rows
    assert [note.split(": ", 1)[1].split(". RKE")[0] for note in found.notes] == [
        "at most 1.3 times etcd's own programs. 1.20: met.",
        "at most 60 s until all API servers are ready. 40 s: met",
        "less than 200 MiB. 250 MiB at most: missed. Nothing of a snapshot is kept here when it is saved; when it is "
        "restored, it passes through here on its way from one member to the others.",
        "4 to 8.",
    ]
    json.dumps(found.measured)
