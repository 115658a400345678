"""How Secrets are encrypted, changed while they are read, watched and written through every API server."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .cluster import Cluster
from .killing import Point, killed
from .lab import FULL, WORKER
from .operator import Run
from .probe import Probe, Report

_PREFIX = re.compile(rb"k8s:enc:aescbc:v1:[^:]+:")


@dataclass(frozen=True, slots=True)
class Changed:
    """A change, what users noticed of it, and the Secrets in etcd before and after by what they begin with."""

    run: Run
    report: Report
    before: Counter[str]
    after: Counter[str]


def asking(*, enabled: bool) -> Callable[[dict[str, Any]], None]:
    """Return the edit of cluster.yml that asks for encryption, or for none."""

    def edit(config: dict[str, Any]) -> None:
        api = config.setdefault("services", {}).setdefault("kube-api", {})
        api["secrets_encryption_config"] = {"enabled": enabled}

    return edit


def values(cluster: Cluster) -> Counter[str]:
    """Count the Secrets in etcd by what etcdctl shows before them; empty for those that are not encrypted."""
    read = ("exec", "etcd", "etcdctl", "get", "--prefix", "/registry/secrets/", "--write-out", "json")
    found = json.loads(cluster.lab.docker(FULL[0], *read))["kvs"]
    heads = (_PREFIX.match(base64.b64decode(item["value"])) for item in found)
    return Counter(head[0].decode() if head else "" for head in heads)


def changed(cluster: Cluster, *words: str, kill: Point | None = None) -> Changed:
    """Change it while Secrets are used; a run that is killed is continued by ``up``."""
    before = values(cluster)
    with Probe(cluster, servers=FULL, proxy=WORKER, resource="secrets") as probe:
        if kill is not None:
            killed(cluster.operator, kill, *words)
            words = ("up",)
        run = cluster.operator.run(*words, "--yes", "--output", "json")
    assert run.status == 0, run.explained()
    return Changed(run, probe.report(), before, values(cluster))
