"""Room for a snapshot."""

from __future__ import annotations

import os

import pytest

from rke_py.tools.errors import ToolError
from rke_py.tools.snapshot_folder import need_room


def test_an_etcd_that_shares_the_disk_has_room_for_its_log_beside_a_snapshot(tmp_path):
    disk = os.statvfs(tmp_path)
    free = disk.f_bavail * disk.f_frsize
    with pytest.raises(ToolError, match="has room for"):
        need_room(tmp_path, free - (2 * 64 << 20))


def test_a_small_one_fits(tmp_path):
    need_room(tmp_path, 1 << 20)
