"""What add-ons leave, and what of it their successors use."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest

from rke_py.render.addons import NETWORKS, NODELOCAL
from rke_py.tools.files import check_ours
from rke_py.tools.traces import EVERYTHING, TRACES, left_by


def test_every_add_on_that_leaves_something_is_known() -> None:
    assert set(TRACES) == {*NETWORKS, NODELOCAL}


@pytest.mark.parametrize("name", TRACES)
def test_whoever_stays_keeps_everything(name: str) -> None:
    assert not any(asdict(left_by((name,), (name,))).values())


@pytest.mark.parametrize("name", TRACES)
def test_a_host_that_leaves_the_cluster_keeps_nothing(name: str) -> None:
    for field, values in asdict(TRACES[name]).items():
        assert set(values) <= set(getattr(EVERYTHING, field))


def test_patterns_are_ones_and_paths_are_ours() -> None:
    for pattern in (*EVERYTHING.interfaces, *EVERYTHING.chains, *EVERYTHING.comments, *EVERYTHING.sets):
        re.compile(pattern)
    for path in (*EVERYTHING.files, *EVERYTHING.folders):
        assert check_ours(path) == path


def test_a_network_of_the_users_own_keeps_nothing() -> None:
    assert left_by(("flannel",), ("cilium",)) == TRACES["flannel"]
