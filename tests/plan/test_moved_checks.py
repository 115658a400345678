from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from rke_py.plan.checks.moved import moved_problems
from rke_py.state.model import State


@pytest.mark.parametrize("remembered", ["/opt/rke", "/opt/rke/", "//opt/./rke"])
def test_rke_remembers_a_prefix_as_it_was_written(make_cluster, remembered):
    cluster = replace(make_cluster(), prefix_path=PurePosixPath("/opt/rke"))
    assert tuple(moved_problems(cluster, State(lineage="l", configuration={"prefixPath": remembered}))) == ()


@pytest.mark.parametrize("remembered", ["", "/", "/opt/rke2"])
def test_folders_are_not_moved(make_cluster, remembered):
    cluster = replace(make_cluster(), prefix_path=PurePosixPath("/opt/rke"))
    (problem,) = moved_problems(cluster, State(lineage="l", configuration={"prefixPath": remembered}))
    assert problem.hint.startswith(f"Write prefix_path: {remembered or '/'}.")
