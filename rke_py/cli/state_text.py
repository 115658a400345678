"""What became of a state that was fetched or copied, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rke_py.workflows.proof import Proof
from rke_py.workflows.push import Pushed
from rke_py.workflows.recovery import Fetched, Source

_SOURCES = {
    Source.COPY: "the copy in the cluster",
    Source.HOSTS: "the files of hosts",
    Source.SNAPSHOT: "the files of hosts, with keys of the state beside the snapshot",
}
_LOST = {
    "kube-ca": "no certificate of Kubernetes can be issued or renewed",
    "kube-etcd-ca": "no etcd member or API server can be added, and their etcd certificates cannot be renewed",
    "kube-apiserver-requestheader-ca": "the certificate kube-apiserver-proxy-client cannot be renewed",
    "kube-service-account-token": "the API servers cannot be set up anew",
}


def fetched_json(found: Fetched) -> dict[str, Any]:
    """Return what was fetched as JSON-ready data."""
    return {**asdict(found), "kept": str(found.kept) if found.kept else None}


def fetched_lines(found: Fetched, path: Path) -> Iterator[str]:
    """Yield what was fetched, how it was verified, and what it lacks."""
    if found.source is None:
        yield f"{path} is as new as the copy in the cluster (serial {found.serial}): nothing to do"
        return
    for reason in found.passed:
        yield f"not from {reason}"
    yield f"{path} written from {_SOURCES[found.source]}, serial {found.serial}"
    if found.kept:
        yield f"the file that was there is {found.kept.name} now"
    yield from _proof(found.proof)
    for name in found.lost:
        yield f"lost: the private key of {name}: {_LOST.get(name, 'nothing can be signed with it')}"
    for line in found.missing:
        yield f"not known: {line}"
    if found.differing:
        yield f"differs: {found.differing}"
    yield "Next: rke-py plan shows what differs now, and changes nothing."


def pushed_lines(done: Pushed) -> Iterator[str]:
    """Yield what became of the copy and how the state was verified."""
    said = "written" if done.changed else "the same already"
    yield f"the copy of the state in the cluster (serial {done.serial}): {said}"
    yield from _proof(done.proof)


def _proof(proof: Proof) -> Iterator[str]:
    for line in proof.held:
        yield f"verified: {line}"
    for line in proof.untried:
        yield f"not verified: {line}"
