"""``status`` on a fleet that is simulated, for measuring."""

from __future__ import annotations

from benchmarks.status import looks, result


def test_a_look_is_a_row(tmp_path):
    look = looks(2, 0.0, 2, tmp_path)
    assert look.calls > 0
    assert len(look.seconds) == 2
    assert [row[0] for row in result([look], 0.0).rows] == ["2"]
