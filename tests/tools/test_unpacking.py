"""A snapshot that RKE took becomes one of ours, or nothing does."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from rke_py.state.lineage import lineage_of
from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import Contents
from rke_py.tools.snapshot_check import verify
from rke_py.tools.snapshots import save
from rke_py.tools.unpacking import take_out
from tests.tools.member import ABOUT, Fake

NAME = "2026-11-02T09:00:00Z_etcd"
AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
STATE = {
    "desiredState": {
        "rkeConfig": {"kubernetesVersion": "v1.32.2-rancher1-1"},
        "certificatesBundle": {"kube-ca": {"certificatePEM": AUTHORITY}},
    }
}


def reads(_path: Path) -> Contents:
    return Contents(digest="abc", revision=51, keys=7)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with nothing but an archive of RKE's, without a state in it."""
    save(NAME, Fake(), ABOUT, tmp_path, rke_format=True)
    for ending in (".db", ".json"):
        (tmp_path / f"{NAME}{ending}").unlink()
    return tmp_path


def test_it_is_verified_and_tells_of_which_cluster_it_is(folder: Path) -> None:
    with zipfile.ZipFile(folder / f"{NAME}.zip", "a") as archive:
        archive.writestr(f"/etc/kubernetes/{NAME}.rkestate", json.dumps(STATE))
    manifest = take_out(folder, NAME, reads)
    assert (manifest["lineage"], manifest["kubernetes"]) == (lineage_of(AUTHORITY), "v1.32.2-rancher1-1")
    assert verify(folder, NAME, reads)["manifest"] == manifest
    assert (folder / f"{NAME}.zip").exists()


@pytest.mark.parametrize("state", [None, "no JSON", "{}", '{"desiredState": []}'])
def test_without_a_state_nobody_knows_of_which_cluster_it_is(folder: Path, state: str | None) -> None:
    if state is not None:
        with zipfile.ZipFile(folder / f"{NAME}.zip", "a") as archive:
            archive.writestr(f"/etc/kubernetes/{NAME}.rkestate", state)
    assert take_out(folder, NAME, reads)["lineage"] == ""


def test_one_that_is_not_whole_leaves_no_snapshot(folder: Path) -> None:
    path = folder / f"{NAME}.zip"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ToolError, match="not a whole archive"):
        take_out(folder, NAME, reads)
    assert not list(folder.glob("*.db"))


def test_what_is_there_stays(folder: Path) -> None:
    take_out(folder, NAME, reads)
    with pytest.raises(ToolError, match="beside its archive already"):
        take_out(folder, NAME, reads)
    with pytest.raises(ToolError, match="there is no archive"):
        take_out(folder, "other", reads)
