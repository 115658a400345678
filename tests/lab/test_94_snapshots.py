"""Snapshots of a real etcd, saved while somebody writes: read back, copied to a real S3, found out when damaged."""

from __future__ import annotations

import json
import random
import subprocess
import textwrap
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import yaml

from tests.kube.server import Issuer

from . import s3
from .cluster import Cluster
from .kubectl import Kubectl
from .lab import FULL, SPARE, Lab
from .operator import Operator, Run
from .operator import operator as make_operator
from .restoring import assert_old_or_new_though_killed
from .waiting import until

pytestmark = pytest.mark.lab

_SNAPSHOTS = "/opt/rke/etcd-snapshots"
_UPLOAD = "uploading-large"
_HARM = 5
"""Seconds that something done to an S3 or its client lasts."""
_LATEST = 20
"""The last step at whose begin or end a restore is killed."""


@dataclass(slots=True)
class _Writer:
    """Somebody who writes while snapshots are taken, and counts what was acknowledged."""

    kubectl: Kubectl
    acknowledged: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self._ended.is_set():
            name = f"written-{self.acknowledged}"
            if self.kubectl.attempt("create", "configmap", name, "--from-literal=a=b").returncode == 0:
                self.acknowledged += 1

    @contextmanager
    def writing(self) -> Iterator[None]:
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()


@dataclass(frozen=True, slots=True)
class _Life:
    """What was seen from the first ``up`` to ``remove``."""

    cluster: Cluster
    second: Run
    written_before: int
    saved: Run
    listed: Mapping[str, Mapping[str, Mapping[str, object]]]
    deep: Run
    recurring: frozenset[str]
    status: Run
    metrics: str
    damaged: Run
    listed_damaged: Mapping[str, Mapping[str, Mapping[str, object]]]
    wrong_key: Run
    wrong_ca: Run
    deleted: Mapping[str, Mapping[str, Mapping[str, object]]]
    inspected: str


@pytest.fixture(scope="module")
def authority(lab: Lab) -> Iterator[Issuer]:
    """Who signed the certificate of the S3 that runs on the spare host."""
    with s3.serving(lab) as ca:
        yield ca


@pytest.fixture(scope="module")
def life(lab: Lab, authority: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Life]:
    """A cluster of three members beside an S3, from nothing to nothing."""
    person = make_operator(lab, tmp_path_factory.mktemp("snapshots"), FULL, metrics=False)
    person.wants({"n1": ("etcd", "controlplane", "worker"), "n2": ("etcd",), "n3": ("etcd",)})
    etcd = {
        "backup_config": {"interval_hours": 1, "retention": 3, "s3backupconfig": s3.settings(lab, authority)},
    }
    person.edit(lambda config: config.setdefault("services", {}).update(etcd=etcd))
    made = person.up()
    try:
        yield _lived(Cluster(person, Kubectl(lab.kubectl, person.kubeconfig), made))
    finally:
        person.agreed("remove", "--delete-snapshots")


def _lived(cluster: Cluster) -> _Life:
    lab, person, kubectl = cluster.lab, cluster.operator, cluster.kubectl
    second = person.up()
    # where the leader changes in between, the copy in S3 waits for the turns of two members, two minutes each
    recurring = until(lambda: _recurring(person), "a recurring snapshot is in every place", seconds=330)
    writer = _Writer(kubectl)
    with writer.writing():
        until(lambda: writer.acknowledged > 3, "somebody writes", seconds=30)
        before = writer.acknowledged
        saved = person.run(*_SAVE, "--name", "monday")
    listed = _listed(person)
    deep = person.run("etcd", "snapshot", "verify", "monday", "--deep", "--output", "json")
    status, metrics = person.run("status"), _metrics(lab, "n1")
    lab.shell("n2", f"truncate -s -1 {_SNAPSHOTS}/monday.db")
    lab.shell("n3", f"printf X | dd of={_SNAPSHOTS}/monday.db bs=1 seek=40000 conv=notrunc status=none")
    damaged = person.run("etcd", "snapshot", "verify", "monday", "--output", "json")
    listed_damaged = _listed(person)
    wrong = ("--s3", "--s3-endpoint", f"{lab.address(SPARE)}:{s3.PORT}", "--bucket-name", s3.BUCKET)
    keys = ("--access-key", s3.ACCESS, "--secret-key", "not-the-right-one")
    (person.folder / "ca.pem").write_text(str(_settings(person)["custom_ca"]))
    wrong_key = person.run(*_SAVE, "--name", "tuesday", *wrong, *keys, "--s3-endpoint-ca", "ca.pem")
    wrong_ca = person.run(*_SAVE, "--name", "wednesday", *wrong, *keys)
    person.agreed("etcd", "snapshot", "delete", "monday")
    inspected = "".join(json.dumps(lab.inspect(host)) for host in FULL)
    return _Life(
        cluster=cluster,
        second=second,
        written_before=before,
        saved=saved,
        listed=listed,
        deep=deep,
        recurring=recurring,
        status=status,
        metrics=metrics,
        damaged=damaged,
        listed_damaged=listed_damaged,
        wrong_key=wrong_key,
        wrong_ca=wrong_ca,
        deleted=_listed(person),
        inspected=inspected,
    )


_SAVE = ("etcd", "snapshot", "save", "--output", "json")


def _metrics(lab: Lab, host: str) -> str:
    """Return the metrics of a host's container, which answers on the loopback only."""
    script = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:2382/metrics').read().decode())"
    return lab.docker(host, "exec", "etcd-rolling-snapshots", "python3", "-c", script)


def _settings(person: Operator) -> Mapping[str, object]:
    settings: Mapping[str, object] = person.config["services"]["etcd"]["backup_config"]["s3backupconfig"]
    return settings


def _listed(person: Operator) -> Mapping[str, Mapping[str, Mapping[str, object]]]:
    """Return every snapshot by name, with its copies by place."""
    done = person.run("etcd", "snapshot", "list", "--output", "json")
    assert done.status == 0, done.explained()
    snapshots = json.loads(done.out)["snapshots"]
    return {one["name"]: {copy["where"]: copy for copy in one["copies"]} for one in snapshots}


def _recurring(person: Operator) -> frozenset[str]:
    """Return the places that have a recurring snapshot, once all have it."""
    copies = (copy for copies in _listed(person).values() for copy in copies.values())
    places = frozenset(str(copy["where"]) for copy in copies if copy["kind"] == "recurring" and copy["verified"])
    return places if {*FULL, "s3"} <= places else frozenset()


def _faults(run: Run) -> dict[str, str]:
    return {copy["where"]: copy["fault"] for copy in json.loads(run.out)["copies"]}


def test_nothing_is_left_to_do(life: _Life) -> None:
    assert life.second.changed == 0


def test_members_take_recurring_ones_by_themselves_and_one_is_in_s3(life: _Life) -> None:
    assert life.recurring == {*FULL, "s3"}
    assert "rke_py_etcd_snapshot_late 0" in life.metrics
    assert "rke_py_etcd_snapshot_saved_total 0" not in life.metrics


def test_one_that_is_saved_under_a_writer_is_in_every_place_and_holds_what_was_acknowledged(life: _Life) -> None:
    places = life.listed["monday"]
    assert places.keys() == {*FULL, "s3"}
    assert all(copy["verified"] and not copy["damaged"] for copy in places.values())
    assert life.deep.status == 0, life.deep.explained()
    served = [copy["served_keys"] for copy in json.loads(life.deep.out)["copies"] if copy["where"] != "s3"]
    assert min(served) > life.written_before + 100, "Kubernetes alone has some hundred keys"


def test_a_truncated_and_a_flipped_copy_are_found_out(life: _Life) -> None:
    assert life.damaged.status == 1
    faults = _faults(life.damaged)
    assert (faults["n1"], faults["s3"]) == ("", "")
    assert "checksum does not fit" in faults["n2"]
    assert "checksum does not fit" in faults["n3"]
    assert life.listed_damaged["monday"]["n2"]["damaged"]


def test_wrong_credentials_and_a_stranger_are_said_and_members_have_it_all_the_same(life: _Life) -> None:
    assert life.wrong_key.status == 3, life.wrong_key.explained()
    assert "SignatureDoesNotMatch" in life.wrong_key.out
    assert life.wrong_ca.status == 3
    assert "certificate is not to be trusted" in life.wrong_ca.out
    assert {*FULL} <= life.deleted["tuesday"].keys()


def test_a_deleted_one_is_nowhere(life: _Life) -> None:
    assert "monday" not in life.deleted


def test_no_container_shows_a_key_of_s3(life: _Life) -> None:
    assert s3.SECRET not in life.inspected
    assert "not-the-right-one" not in life.inspected


def test_a_restore_that_is_killed_ends_with_the_old_data_or_the_new(life: _Life, seed: int) -> None:
    assert_old_or_new_though_killed(life.cluster, "tuesday", random.Random(seed), _LATEST)


@pytest.fixture
def large(lab: Lab) -> Iterator[str]:
    """The name of a snapshot of 150 MB on the host where S3 runs, as nobody's cluster made it."""
    script = f"""
        import hashlib, json, os, pathlib
        folder = pathlib.Path("{_SNAPSHOTS}"); folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with (folder / "large.db").open("wb") as file:
            for _ in range(150):
                piece = os.urandom(1 << 20); digest.update(piece); file.write(piece)
            file.write(digest.digest())
        about = dict(name="large", lineage="l", time="2026-11-26T00:00:00+00:00", revision=1, keys=1, hash="x")
        about |= dict(sha256=digest.hexdigest(), size=(150 << 20) + 32)
        (folder / "large.json").write_text(json.dumps(about))
    """
    tools = yaml.safe_load((lab.folder / "cluster.yml").read_text())["system_images"]["tools"]
    words = ("run", "--rm", "--volume", "/opt/rke:/opt/rke", "--entrypoint", "python3", tools, "-c")
    lab.docker(SPARE, *words, textwrap.dedent(script))
    yield "large"
    lab.run(SPARE, "rm", "-rf", _SNAPSHOTS)


def _upload(lab: Lab, name: str, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run what a member's host runs to copy a snapshot; at most 120 MB of memory are given to it."""
    tools = yaml.safe_load((lab.folder / "cluster.yml").read_text())["system_images"]["tools"]
    words = ("run", "--rm", "--interactive", "--network", "host", "--memory", "120m", "--volume", "/opt/rke:/opt/rke")
    named = ("--name", _UPLOAD, tools, "upload-snapshot", name)
    return lab.attempt(SPARE, *words, *named, stdin=json.dumps(dict(settings)))


def _whole_in_s3(lab: Lab, settings: Mapping[str, str]) -> bool:
    place = f"{s3.FOLDER}/data/{settings['bucket_name']}/{settings['folder']}"
    return lab.succeeds(SPARE, "test", "-e", f"{place}/large.json")


@pytest.mark.long
def test_a_full_s3_is_said_and_nothing_there_looks_whole(lab: Lab, authority: Issuer, large: str) -> None:
    small = s3.settings(lab, authority, s3.SMALL)
    done = _upload(lab, large, small)
    assert done.returncode == 1, done.stdout
    assert "No space left on device" in done.stdout
    assert not _whole_in_s3(lab, small)


@pytest.mark.long
def test_a_slow_s3_is_waited_for(lab: Lab, authority: Issuer, large: str) -> None:
    settings = s3.settings(lab, authority) | {"folder": "slow"}
    with _once_parts_arrived(lab, "slow", ("pause", s3.NAME), ("unpause", s3.NAME)):
        done = _upload(lab, large, settings)
    assert done.returncode == 0, done.stdout
    assert _whole_in_s3(lab, settings)


@pytest.mark.long
def test_an_s3_that_dies_in_the_middle_and_comes_back_gets_the_parts_that_it_has_not(
    lab: Lab, authority: Issuer, large: str
) -> None:
    settings = s3.settings(lab, authority) | {"folder": "dying"}
    with _once_parts_arrived(lab, "dying", ("kill", s3.NAME), ("start", s3.NAME)):
        done = _upload(lab, large, settings)
    assert done.returncode == 0, done.stdout
    assert _whole_in_s3(lab, settings)
    assert lab.run(SPARE, "cat", s3.LOG).count("s3_CreateMultipartUpload dying/") == 1


@pytest.mark.long
def test_an_upload_that_is_killed_leaves_nothing_that_looks_whole_and_the_next_one_brings_it(
    lab: Lab, authority: Issuer, large: str
) -> None:
    settings = s3.settings(lab, authority) | {"folder": "killed"}
    acts = (("pause", s3.NAME), ("kill", _UPLOAD), ("unpause", s3.NAME))
    with _once_parts_arrived(lab, "killed", *acts):
        done = _upload(lab, large, settings)
    assert done.returncode == 137, done.stdout
    assert not _whole_in_s3(lab, settings)
    assert _upload(lab, large, settings).returncode == 0
    assert _whole_in_s3(lab, settings)


@contextmanager
def _once_parts_arrived(lab: Lab, folder: str, *acts: tuple[str, str]) -> Iterator[None]:
    """Do things to containers, a while apart, once the first part of an upload is there."""

    def act() -> None:
        parts = ("grep", "--quiet", f"s3_UploadPart {folder}/", s3.LOG)
        until(lambda: lab.succeeds(SPARE, *parts), "parts have arrived", seconds=60)
        for index, (verb, container) in enumerate(acts):
            if index:
                threading.Event().wait(_HARM)
            lab.docker(SPARE, verb, container)

    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield
    finally:
        thread.join()
