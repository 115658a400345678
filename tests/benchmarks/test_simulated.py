"""``up`` on a fleet that is simulated, for measuring."""

from __future__ import annotations

from benchmarks.simulated import one_worker_more, prepared, result, run


def test_the_second_run_has_nothing_to_do(tmp_path):
    person = prepared(2, None, tmp_path)
    first, second = run("first", person), run("second", person)
    assert first.steps > 0
    assert (second.steps, second.timeline.stages) == (0, {})
    one_worker_more(person)
    assert 0 < run("one more", person).steps < first.steps
    titles = [row[0] for row in result([first, second], 2, 0.0).rows]
    assert titles[:2] == ["wall time, s", "· until the first stage: connect, look, plan, s"]
