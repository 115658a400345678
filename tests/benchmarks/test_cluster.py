"""A cluster by hand beside one by rke-py."""

from __future__ import annotations

from dataclasses import replace
from string import Template

import yaml

from benchmarks.cluster.by_hand import MANIFEST
from benchmarks.cluster.figures import ByHand, Round, WithRkePy, result
from benchmarks.cluster.watch import ready_nodes
from benchmarks.timeline import Span

HAND = ByHand(parts={"etcd": Span(began=1, ended=2)}, ready=20, dns=22)
OURS = WithRkePy(
    stages={"etcd": Span(began=3, ended=8), "nodes": Span(began=4, ended=9)},
    ready=25,
    dns=33,
    ended=34,
    second=2.5,
    plan=2.4,
    handshakes=(1, 1, 1, 1),
    second_handshakes=(1, 1, 1, 1),
)


def rows(*rounds: Round) -> dict[str, tuple[str, ...]]:
    return {title: tuple(cells) for title, *cells in result(rounds, 4).rows}


def one(ready: float) -> Round:
    return Round(by_hand=HAND, with_rke_py=replace(OURS, ready=ready))


def test_ready_nodes_are_compared_by_their_medians():
    assert rows(one(22), one(30), one(99))["rke-py: four nodes Ready"] == ("22.0", "30.0", "99.0", "1.50")


def test_a_stage_is_shown_with_its_length_and_its_beginning():
    assert rows(one(25))["rke-py: etcd (from 3.0 on)"] == ("5.0", "5.0", "5.0", "")


def test_what_comes_before_the_first_stage_has_a_row():
    assert rows(one(25))["rke-py: start, connect, look, plan"][1] == "3.0"


def test_a_stage_that_only_some_rounds_had_is_shown():
    without = Round(by_hand=HAND, with_rke_py=replace(OURS, stages={"etcd": Span(began=3, ended=8)}))
    assert "rke-py: nodes (from 4.0 on)" in rows(without, one(25))


def test_targets_are_judged():
    notes = result([one(31)], 4).notes
    assert "1.55: missed." in notes[0]
    assert "2.5 s: met." in notes[1]


def test_handshakes_that_differ_are_all_named():
    twice = Round(by_hand=HAND, with_rke_py=replace(OURS, handshakes=(1, 2, 1, 1)))
    assert "first `up` 1 or 2, second `up` 1" in result([twice], 4).notes[2]


def test_only_nodes_that_are_ready_count():
    def node(status: str) -> dict[str, object]:
        conditions = [{"type": "MemoryPressure", "status": "True"}, {"type": "Ready", "status": status}]
        return {"status": {"conditions": conditions}}

    assert ready_nodes({"items": [node("True"), node("False"), node("Unknown"), {"status": {}}]}) == 1


def test_the_manifest_by_hand_has_nothing_left_to_fill_in():
    text = Template(MANIFEST.read_text()).substitute(registry="registry.example", api="10.0.0.1")
    kinds = [document["kind"] for document in yaml.safe_load_all(text)]
    assert kinds == ["ConfigMap", "DaemonSet", "ClusterRoleBinding", "ConfigMap", "Deployment", "Service"]
