"""What the probe makes of what it reads."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from rke_py.plan.observed import DeepFacts
from rke_py.tools import probe
from rke_py.tools.probe import configured_systemd_cgroup, free, has_log, mount_helpers, programs, sandbox_image, swap


def runc(systemd: bool) -> dict[str, Any]:
    return {"options": {"SystemdCgroup": systemd}}


@pytest.mark.parametrize(
    ("configuration", "systemd"),
    [
        pytest.param({}, False, id="tells nothing"),
        pytest.param({"containerd": {"runtimes": {"runc": runc(True)}}}, True, id="systemd"),
        pytest.param({"containerd": {"runtimes": {"runc": runc(False)}}}, False, id="cgroupfs"),
        pytest.param(
            {"containerd": {"defaultRuntimeName": "crun", "runtimes": {"runc": runc(False), "crun": runc(True)}}},
            True,
            id="another default",
        ),
        pytest.param({"containerd": {"runtimes": {"runc": {"options": None}}}}, False, id="no options"),
    ],
)
def test_cgroup_driver_of_containerd(configuration: dict[str, Any], systemd: bool) -> None:
    assert configured_systemd_cgroup(configuration) is systemd


@pytest.mark.parametrize(("configuration", "image"), [({"sandboxImage": "pause:3.10"}, "pause:3.10"), ({}, "")])
def test_sandbox_image(configuration: dict[str, Any], image: str) -> None:
    assert sandbox_image(configuration) == image


def test_swap_counts_every_area() -> None:
    table = (
        "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
        "/dev/dm-1                               partition\t1048572\t0\t\t-2\n"
        "/swapfile                               file\t\t4\t0\t\t-3\n"
    )
    assert swap(table) == 1048576 * 1024
    assert swap("Filename\tType\tSize\tUsed\tPriority\n") == 0


def test_space_is_measured_where_a_folder_will_be(tmp_path: Path) -> None:
    assert free(str(tmp_path / "not" / "yet")) > 0


def test_mount_helpers(tmp_path: Path) -> None:
    for name in ("sbin/mount.nfs", "usr/sbin/mount.nfs", "usr/bin/mount.cifs", "usr/bin/mountpoint"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert mount_helpers(tmp_path) == ("mount.cifs", "mount.nfs")


@pytest.mark.parametrize(
    ("files", "expected"), [((), False), (("0.tmp",), False), (("0000000000000000-0000000000000000.wal",), True)]
)
def test_only_a_write_ahead_log_makes_a_member(tmp_path: Path, files: tuple[str, ...], expected: bool) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert has_log(str(tmp_path)) is expected
    assert not has_log(str(tmp_path / "none"))


def test_only_what_can_be_run_is_a_program(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name, mode in (("helper", 0o755), ("notes.txt", 0o644)):
        (tmp_path / name).touch(mode)
    assert programs(str(tmp_path)) == ("helper",)
    assert programs(str(tmp_path / "none")) == ()
    assert programs("") == ()


def test_the_answer_has_the_fields_of_deep_facts() -> None:
    source = inspect.getsource(probe)
    assert [field.name for field in fields(DeepFacts) if f'"{field.name}": ' not in source] == []
