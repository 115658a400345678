"""Commands that speak to nobody."""

from __future__ import annotations

import pytest

from benchmarks.start import cluster_yml, result
from rke_py.cluster.model import Role
from rke_py.workflows.loading import load_cluster


@pytest.mark.parametrize("nodes", [4, 500])
def test_the_files_are_valid(tmp_path, nodes):
    path = tmp_path / "cluster.yml"
    path.write_text(cluster_yml(nodes))
    cluster = load_cluster(path).cluster
    assert len(cluster.hosts) == nodes
    assert len(cluster.with_role(Role.CONTROLPLANE)) == 3


@pytest.mark.parametrize(("seconds", "word"), [(0.09, "met"), (0.4, "missed")])
def test_the_median_is_held_against_the_target(seconds, word):
    made = result({"rke-py --version": [seconds, seconds, 9.0]})
    assert made.notes[0].endswith(f"{word}.")


def test_rows_are_in_milliseconds():
    assert result({"rke-py --version": [0.0741]}).rows == [("`rke-py --version`", "74", "74", "74")]
