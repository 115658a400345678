"""An edit of arguments."""

from __future__ import annotations

from typing import Any

from ..cluster import Cluster
from ..lab import FULL
from .scenario import Move, Scenario, editing, new_cluster


def _more_words(config: dict[str, Any]) -> None:
    for service in ("kube-api", "kubelet"):
        config["services"].setdefault(service, {}).setdefault("extra_args", {})["v"] = "3"
    config["services"].setdefault("etcd", {}).setdefault("extra_args", {})["max-wals"] = "6"


def _said(cluster: Cluster) -> None:
    for host in FULL:
        for name, argument in (("kube-apiserver", "--v=3"), ("etcd", "--max-wals=6")):
            (found,) = cluster.lab.inspect(host, name)
            assert argument in found["Args"], (host, name, found["Args"])


ARGUMENTS = Scenario(
    name="arguments",
    what="an argument of etcd, API server and kubelet changed, so that each of them is replaced",
    make=new_cluster(),
    moves=(Move(words=("up",), steps=12, before=editing(_more_words)),),
    proof=_said,
)
