"""Control groups that the kubelet leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from rke_py.tools.cgroups import found_cgroups, remove_cgroups


@pytest.mark.parametrize(
    "group", ["kubepods", "kubepods.slice", "memory/kubepods"], ids=["v2", "v2 with systemd", "v1"]
)
def test_empty_groups_go_with_what_is_below(tmp_path: Path, group: str) -> None:
    (tmp_path / group / "burstable" / "pod1").mkdir(parents=True)
    (tmp_path / "system.slice").mkdir()
    assert remove_cgroups(tmp_path) == (str(tmp_path / group),)
    assert found_cgroups(tmp_path) == ()
    assert (tmp_path / "system.slice").exists()


def test_a_group_in_which_something_runs_stays(tmp_path: Path) -> None:
    (tmp_path / "kubepods" / "pod1").mkdir(parents=True)
    (tmp_path / "kubepods" / "pod1" / "busy").touch()  # stands for the kernel's refusal
    assert remove_cgroups(tmp_path) == ()
    assert found_cgroups(tmp_path) == (tmp_path / "kubepods",)
