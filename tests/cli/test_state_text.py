"""What became of a state, and who holds a cluster, as an operator reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rke_py.cli.state_text import fetched_json, fetched_lines, pushed_lines
from rke_py.cli.unlock_text import locks_lines
from rke_py.kube.interface import HeldLease
from rke_py.workflows.proof import Proof
from rke_py.workflows.push import Pushed
from rke_py.workflows.recovery import Fetched, Source
from rke_py.workflows.unlock import Locks

PATH = Path("cluster.rkestate")
PROOF = Proof(held=("kube-ca is the one on n1",), untried=("etcd does not answer",))
FETCHED = Fetched(
    source=Source.HOSTS,
    serial=2000,
    proof=PROOF,
    kept=Path("cluster.rkestate.replaced-20261121T000000Z"),
    lost=("kube-etcd-ca",),
    missing=("hosts that left",),
    passed=("the copy in the cluster: no API server answers",),
)
LEASE = HeldLease(holder="bob@laptop", renewed=datetime(2026, 11, 21, tzinfo=UTC), duration=15)


def test_what_was_recovered_says_how_it_was_verified_and_what_it_lacks() -> None:
    assert list(fetched_lines(FETCHED, PATH)) == [
        "not from the copy in the cluster: no API server answers",
        "cluster.rkestate written from the files of hosts, serial 2000",
        "the file that was there is cluster.rkestate.replaced-20261121T000000Z now",
        "verified: kube-ca is the one on n1",
        "not verified: etcd does not answer",
        "lost: the private key of kube-etcd-ca: no etcd member or API server can be added, and their etcd certificates "
        "cannot be renewed",
        "not known: hosts that left",
        "Next: rke-py plan shows what differs now, and changes nothing.",
    ]


def test_a_file_that_is_as_new_is_left_alone() -> None:
    assert "nothing to do" in " ".join(fetched_lines(Fetched(source=None, serial=7), PATH))


def test_for_programs_it_is_plain_data() -> None:
    found = fetched_json(FETCHED)
    assert (found["source"], found["lost"], found["kept"]) == ("hosts", ("kube-etcd-ca",), str(FETCHED.kept))


@pytest.mark.parametrize(("changed", "said"), [(True, "written"), (False, "the same already")])
def test_a_push_says_whether_it_was_needed(changed: bool, said: str) -> None:
    first, *_ = pushed_lines(Pushed(serial=7, changed=changed, proof=PROOF))
    assert first == f"the copy of the state in the cluster (serial 7): {said}"


@pytest.mark.parametrize(
    ("locks", "said"),
    [
        pytest.param(Locks(), "the Lease in the cluster is free", id="free"),
        pytest.param(Locks(file="alice@desk"), "the state file is locked by alice@desk", id="file"),
        pytest.param(Locks(unknown="no answer"), "could not be looked at: no answer", id="unknown"),
        pytest.param(Locks(lease=LEASE, alive=True), "that run is alive", id="alive"),
        pytest.param(Locks(lease=LEASE), "takes it over 15 s after its last renewal", id="dead"),
        pytest.param(Locks(lease=LEASE), "only when you know that this run is gone", id="advice"),
        pytest.param(Locks(lease=LEASE, freed=True), "Warning: a run that is alive after all", id="freed"),
    ],
)
def test_who_holds_a_cluster_is_said(locks: Locks, said: str) -> None:
    assert said in "\n".join(locks_lines(locks))
