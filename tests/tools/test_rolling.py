"""Recurring snapshots: one in each slot, put off by nothing, copied by one member, said to be late when they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from obstore.store import MemoryStore

from rke_py.tools.errors import ToolError
from rke_py.tools.remote import Remote
from rke_py.tools.rolling import Rolling
from rke_py.tools.sealed_state import keep_state
from rke_py.tools.snapshot_folder import manifests
from tests.tools.member import Fake

START = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASKED = {
    "interval": 3600,
    "keep": 3,
    "timeout": 300,
    "about": {"lineage": "1a", "kubernetes": "v1.34.4", "member": "etcd-n1", "encryption_keys": []},
}


class Broken(Remote):
    """S3 that refuses everything."""

    def size(self, name: str) -> int | None:
        raise ToolError("s3://bucket: cannot look at it: Connection refused")


class Host:
    """A member's host, its container, and a clock."""

    def __init__(self, folder: Path, remote: Remote | None = None, name: str = "etcd-n1", stands: int = 0) -> None:
        self.folder = folder / name
        self.folder.mkdir(exist_ok=True)
        self.config = folder / f"{name}.config"
        self.member = Fake(stands=stands)
        self.remote = remote or Remote(MemoryStore(), "s3://bucket")
        self.now = START
        self.said: list[str] = []
        self.ask(about={**ASKED["about"], "member": name}, s3={"bucket_name": "b"} if remote else None)
        self.start()

    def ask(self, **changes: Any) -> None:
        self.config.write_text(json.dumps({**ASKED, **changes}))

    def start(self) -> None:
        self.rolling = Rolling(
            self.config, self.folder, lambda _: self.member, self._remote, self.now, self.said.append
        )

    def wait(self, time: timedelta, step: timedelta = timedelta(minutes=1)) -> None:
        end = self.now + time
        while self.now < end:
            self.now += step
            self.rolling.look(self.now)

    @property
    def names(self) -> list[str]:
        return [str(manifest["name"]) for manifest in manifests(self.folder)]

    def _remote(self, _settings: Mapping[str, Any]) -> Remote:
        return self.remote


def test_the_first_is_taken_soon_and_then_one_an_interval(tmp_path):
    host = Host(tmp_path)
    host.wait(timedelta(minutes=6))
    assert host.names == ["20261126T050000Z_etcd"]
    host.wait(2 * HOUR)
    assert host.names == ["20261126T050000Z_etcd", "20261126T060000Z_etcd", "20261126T070000Z_etcd"]


def test_so_many_stay_as_are_asked_for(tmp_path):
    host = Host(tmp_path)
    host.wait(6 * HOUR)
    assert len(host.names) == 3
    assert host.names[0] > "20261126T07"


def test_starting_again_and_again_puts_none_off_and_takes_none_twice(tmp_path):
    host = Host(tmp_path)
    for _ in range(30):
        host.start()
        host.wait(timedelta(minutes=10))
    assert len(host.names) == 3
    assert sum("verified" in line for line in host.said) in (5, 6)


def test_a_clock_that_was_ahead_puts_none_off_once_it_is_right(tmp_path):
    host = Host(tmp_path)
    host.now = START + timedelta(days=200)
    host.start()
    host.wait(timedelta(minutes=10))
    host.now = START
    host.wait(2 * HOUR)
    right = [name for name in host.names if name < "20261127"]
    assert len(right) >= 2
    assert host.rolling.told(host.now)["last"] == right[-1]


def test_a_copy_whose_data_are_not_there_is_made_anew(tmp_path):
    host = Host(tmp_path, Remote(MemoryStore(), "s3://bucket"))
    host.wait(timedelta(minutes=6))
    (name,) = host.names
    host.remote.write(f"{name}.db", b"half")
    host.start()
    host.wait(timedelta(minutes=6))
    assert host.remote.size(f"{name}.db") == host.rolling.told(host.now)["size"]


def test_members_take_theirs_at_different_times(tmp_path):
    delays = set()
    for number in range(5):
        host = Host(tmp_path, name=f"etcd-n{number}")
        while not host.names:
            host.wait(timedelta(seconds=1), timedelta(seconds=1))
        delays.add(host.now - START)
    assert len(delays) > 3
    assert max(delays) <= timedelta(minutes=6)


def test_one_that_fails_is_tried_again_pushes_none_out_and_is_late_in_time(tmp_path):
    host = Host(tmp_path)
    host.wait(3 * HOUR)
    before = host.names
    host.member.stream = b"half"
    host.wait(2 * HOUR)
    told = host.rolling.told(host.now)
    assert host.names == before
    assert told["late"]
    assert "not whole" in told["error"]
    assert host.rolling.record.failures > 6
    host.member.stream = Fake().stream
    host.wait(timedelta(minutes=20))
    assert not host.rolling.told(host.now)["late"]
    assert host.rolling.told(host.now)["error"] == ""


def test_the_schedule_is_read_anew(tmp_path):
    host = Host(tmp_path)
    host.wait(timedelta(minutes=6))
    host.ask(interval=600, keep=9)
    host.wait(timedelta(minutes=50))
    assert len(host.names) in (5, 6)


def test_one_member_copies(tmp_path):
    remote = Remote(MemoryStore(), "s3://bucket")
    hosts = [Host(tmp_path, remote, name=f"etcd-n{place}", stands=place) for place in range(3)]
    for _ in range(60):
        for host in hosts:
            host.wait(timedelta(minutes=1))
    assert [host.rolling.record.uploaded for host in hosts] == [1, 0, 0]
    assert {file.name for file in remote.files()} == {"20261126T050000Z_etcd.db", "20261126T050000Z_etcd.json"}


def test_another_member_copies_when_the_leader_does_not(tmp_path):
    remote = Remote(MemoryStore(), "s3://bucket")
    hosts = [Host(tmp_path, remote, name=f"etcd-n{place}", stands=place) for place in range(3)]
    hosts[0].remote = Broken(MemoryStore(), "s3://bucket")
    for _ in range(30):
        for host in hosts:
            host.wait(timedelta(minutes=1))
    assert [host.rolling.record.uploaded for host in hosts] == [0, 1, 0]
    assert "Connection refused" in hosts[0].rolling.told(hosts[0].now)["copy_error"]


def test_a_copy_that_fails_is_late_in_time_and_the_snapshot_is_not(tmp_path):
    bucket = Remote(MemoryStore(), "s3://bucket")
    host = Host(tmp_path, Broken(MemoryStore(), "s3://bucket"))
    host.wait(timedelta(minutes=30))
    assert "rke_py_etcd_snapshot_late 0" in host.rolling.metrics(host.now)
    host.wait(timedelta(hours=2))
    told = host.rolling.told(host.now)
    assert (told["late"], told["copy_late"]) == (False, True)
    assert "rke_py_etcd_snapshot_late 1" in host.rolling.metrics(host.now)
    host.remote = bucket
    host.wait(timedelta(minutes=20))
    assert not host.rolling.told(host.now)["copy_late"]


def test_a_copy_that_another_member_made_is_not_late(tmp_path):
    remote = Remote(MemoryStore(), "s3://bucket")
    hosts = [Host(tmp_path, remote, name=f"etcd-n{place}", stands=place) for place in range(3)]
    for _ in range(180):
        for host in hosts:
            host.wait(timedelta(minutes=1))
            assert not host.rolling.told(host.now)["copy_late"]


def test_old_ones_go_from_s3_too(tmp_path):
    remote = Remote(MemoryStore(), "s3://bucket")
    host = Host(tmp_path, remote)
    host.wait(6 * HOUR)
    assert len([file for file in remote.files() if file.name.endswith(".db")]) == 3


def test_metrics_are_in_the_form_that_prometheus_reads(tmp_path):
    host = Host(tmp_path)
    host.wait(timedelta(minutes=6))
    lines = host.rolling.metrics(host.now).splitlines()
    assert "rke_py_etcd_snapshot_saved_total 1" in lines
    assert "# TYPE rke_py_etcd_snapshot_saved_total counter" in lines
    assert "rke_py_etcd_snapshot_late 0" in lines
    assert all(len(line.split()) in (2, 4) for line in lines)


def test_a_schedule_that_cannot_be_read_is_said(tmp_path):
    host = Host(tmp_path)
    host.config.write_text("{")
    with pytest.raises(ToolError, match="cannot be read"):
        host.rolling.look(host.now)
    assert host.rolling.told(host.now)["late"]


def test_a_snapshot_that_another_cluster_left_on_the_host_for_the_same_time_keeps_none_from_being_taken(tmp_path):
    before = Host(tmp_path)
    before.wait(timedelta(minutes=6))
    host = Host(tmp_path)
    host.ask(about={**ASKED["about"], "lineage": "2b"})
    host.wait(timedelta(minutes=6))
    assert host.names == ["20261126T050000Z_etcd", "20261126T050000Z_etcd-2b"]
    assert "saved_total 1" in host.rolling.metrics(host.now)


def sealed(lineage: str = "1a", serial: int = 7) -> bytes:
    told = {"lineage": lineage, "serial": serial, "version": 1}
    return b"rke-py-state-1 " + json.dumps(told).encode() + b"\n\x00\x01\n\xff"


def test_the_state_that_a_run_left_lies_beside_each_one_and_in_s3(tmp_path):
    host = Host(tmp_path, Remote(MemoryStore(), "s3://bucket"))
    keep_state(host.config, sealed())
    host.wait(timedelta(minutes=6))
    (name,) = host.names
    beside = host.folder / f"{name}.rkestate"
    assert (beside.read_bytes(), beside.stat().st_mode & 0o777) == (sealed(), 0o600)
    assert host.remote.find(f"{name}.rkestate", 1 << 20) == sealed()
    assert manifests(host.folder)[0]["state"] == hashlib.sha256(sealed()).hexdigest()


def test_each_keeps_the_state_of_its_time(tmp_path):
    host = Host(tmp_path)
    keep_state(host.config, sealed(serial=7))
    host.wait(timedelta(minutes=6))
    keep_state(host.config, sealed(serial=8))
    host.wait(HOUR)
    assert [(host.folder / f"{name}.rkestate").read_bytes() for name in host.names] == [
        sealed(serial=7),
        sealed(serial=8),
    ]


def test_the_state_goes_with_its_snapshot(tmp_path):
    remote = Remote(MemoryStore(), "s3://bucket")
    host = Host(tmp_path, remote)
    keep_state(host.config, sealed())
    host.wait(6 * HOUR)
    wanted = {f"{name}.rkestate" for name in host.names}
    assert {path.name for path in host.folder.glob("*.rkestate")} == wanted
    assert {file.name for file in remote.files() if file.name.endswith(".rkestate")} == wanted


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="none"),
        pytest.param(sealed(lineage="2b"), id="another cluster's"),
        pytest.param(b'{"rkePy": {"lineage": "1a"}}', id="one that is not encrypted"),
        pytest.param(b"rke-py-state-1 \n", id="damaged"),
    ],
)
def test_without_a_state_of_this_cluster_it_is_taken_all_the_same(tmp_path, content):
    host = Host(tmp_path)
    if content is not None:
        host.config.with_suffix(".rkestate").write_bytes(content)
    host.wait(timedelta(minutes=6))
    assert len(host.names) == 1
    assert list(host.folder.glob("*.rkestate")) == []


def test_a_state_that_is_not_encrypted_is_not_left_on_a_host(tmp_path):
    host = Host(tmp_path)
    with pytest.raises(ToolError, match="not encrypted"):
        keep_state(host.config, b'{"rkePy": {}}')
    assert not host.config.with_suffix(".rkestate").exists()
