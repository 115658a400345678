"""A snapshot that RKE took becomes one of ours, or nothing does."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from rke_py.pki.inspect import fingerprints
from rke_py.pki.rotation import trusting_both
from rke_py.render.apiserver import encryption_with_key
from rke_py.state.cluster_copy import copy_for_rke
from rke_py.state.lineage import lineage_of
from rke_py.state.model import State
from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import Contents
from rke_py.tools.rke_archive import state_of, unpacked_size
from rke_py.tools.snapshot_check import verify
from rke_py.tools.snapshots import save
from rke_py.tools.unpacking import take_out
from tests.pki.clusters import cluster, issued
from tests.tools.member import ABOUT, Fake

NAME = "2026-11-02T09:00:00Z_etcd"
AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
STATE = {
    "desiredState": {
        "rkeConfig": {"kubernetesVersion": "v1.32.2-rancher1-1"},
        "certificatesBundle": {"kube-ca": {"certificatePEM": AUTHORITY}},
    }
}
OLD, NEW = (encryption_with_key(name, "c2VjcmV0") for name in ("k-old", "k-new"))


def reads(_path: Path) -> Contents:
    return Contents(digest="abc", revision=51, keys=7, line="3.6")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with nothing but an archive of RKE's, without a state in it."""
    save(NAME, Fake(), ABOUT, tmp_path, rke_format=True)
    for ending in (".db", ".json"):
        (tmp_path / f"{NAME}{ending}").unlink()
    return tmp_path


def with_state(folder: Path, state: str | bytes) -> None:
    with zipfile.ZipFile(folder / f"{NAME}.zip", "a") as archive:
        archive.writestr(f"/etc/kubernetes/{NAME}.rkestate", state)


def encrypted(**halves: str) -> dict[str, Any]:
    """Return RKE's state whose halves have an encryption of their own."""
    state: dict[str, Any] = {**STATE, "currentState": {}}
    return {**state, **{half: {**state[half], "encryptionConfig": text} for half, text in halves.items()}}


def test_it_is_verified_and_tells_of_which_cluster_it_is(folder: Path) -> None:
    with_state(folder, json.dumps(STATE))
    manifest = take_out(folder, NAME, reads)
    assert (manifest["lineage"], manifest["kubernetes"]) == (lineage_of(AUTHORITY), "v1.32.2-rancher1-1")
    assert verify(folder, NAME, reads)["manifest"] == manifest
    assert (folder / f"{NAME}.zip").exists()


def test_a_plain_file_of_an_older_rke_is_copied_and_verified(tmp_path: Path) -> None:
    content = Fake().stream
    (tmp_path / NAME).write_bytes(content)
    manifest = take_out(tmp_path, NAME, reads)
    assert verify(tmp_path, NAME, reads)["manifest"] == manifest
    assert (tmp_path / NAME).read_bytes() == (tmp_path / f"{NAME}.db").read_bytes() == content
    assert oct((tmp_path / f"{NAME}.db").stat().st_mode & 0o777) == "0o600"


def test_a_plain_file_that_is_not_whole_leaves_no_snapshot(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(Fake().stream[:-1])
    with pytest.raises(ToolError, match="not whole"):
        take_out(tmp_path, NAME, reads)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


UNREADABLE = json.dumps(encrypted(currentState="{"))


@pytest.mark.parametrize("state", [None, "no JSON", "{}", '{"desiredState": []}', UNREADABLE])
def test_without_a_state_nobody_knows_of_which_cluster_it_is(folder: Path, state: str | None) -> None:
    if state is not None:
        with_state(folder, state)
    manifest = take_out(folder, NAME, reads)
    assert [manifest[key] for key in ("lineage", "encryption_keys", "authorities")] == ["", [], []]


@pytest.mark.parametrize(
    ("state", "names"),
    [
        pytest.param(STATE, [], id="nothing is encrypted"),
        pytest.param(encrypted(currentState=OLD), ["k-old"], id="the API servers' own"),
        pytest.param(encrypted(desiredState=NEW), ["k-new"], id="what they were to have"),
        pytest.param(encrypted(desiredState=NEW, currentState=OLD), ["k-old"], id="their own before what was to be"),
    ],
)
def test_it_tells_which_keys_its_secrets_need(folder: Path, state: dict[str, Any], names: list[str]) -> None:
    with_state(folder, json.dumps(state))
    assert take_out(folder, NAME, reads)["encryption_keys"] == names


def test_after_another_ca_it_is_still_of_the_cluster_that_was_taken_over(folder: Path) -> None:
    first, second = (issued(cluster()).bundle for _ in range(2))
    bundle = trusting_both(first, {"kube-ca": second["kube-ca"]})
    lineage, configuration = lineage_of(first["kube-ca"].certificate), STATE["desiredState"]["rkeConfig"]
    state = State(lineage=lineage, bundle=bundle, desired=configuration, encryption=OLD)
    with_state(folder, copy_for_rke(state))
    manifest = take_out(folder, NAME, reads)
    authorities = [*fingerprints(first["kube-ca"].certificate), *fingerprints(second["kube-ca"].certificate)]
    assert (manifest["lineage"], manifest["encryption_keys"]) == (state.lineage, ["k-old"])
    assert manifest["authorities"] == authorities


def test_one_that_is_not_whole_leaves_no_snapshot(folder: Path) -> None:
    path = folder / f"{NAME}.zip"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ToolError, match="not a whole archive"):
        take_out(folder, NAME, reads)
    assert not list(folder.glob("*.db"))


def test_what_is_unpacked_in_vain_leaves_its_room(folder: Path) -> None:
    def broken(_path: Path) -> Contents:
        raise ToolError("etcdutl: not a database")

    with pytest.raises(ToolError, match="not a database"):
        take_out(folder, NAME, broken)
    assert [path.name for path in folder.iterdir() if "unverified" in path.name] == []


def test_there_has_to_be_room_for_what_is_in_it(tmp_path: Path) -> None:
    packed = tmp_path / f"{NAME}.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"backup/{NAME}", bytes(30 << 20))
    assert packed.stat().st_size < 1 << 20
    assert unpacked_size(packed, NAME) == 30 << 20


def test_what_is_there_stays(folder: Path) -> None:
    take_out(folder, NAME, reads)
    with pytest.raises(ToolError, match="beside RKE's already"):
        take_out(folder, NAME, reads)
    with pytest.raises(ToolError, match="there is no archive"):
        take_out(folder, "other", reads)


def test_the_state_of_a_snapshot_is_ours_beside_it_before_that_in_its_archive(folder: Path) -> None:
    assert state_of(folder, NAME) is None
    with_state(folder, "theirs")
    assert state_of(folder, NAME) == b"theirs"
    (folder / f"{NAME}.rkestate").write_bytes(b"ours")
    assert state_of(folder, NAME) == b"ours"
    assert state_of(folder, "another") is None
