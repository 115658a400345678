"""What RKE (branch release/v1.7) left of a cluster of three hosts, each with all roles.

``made/`` has its cluster.yml, state and kubeconfig, ``docker inspect`` of each host's containers as far as it is
compared, the files below ``/etc/kubernetes``, which are the same on all three, the Node objects, and RKE's snapshot
``first``, in which every object is. The cluster and all that its keys open is gone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

MADE = Path(__file__).parent / "made"
HOSTS = {"r1": "172.30.0.21", "r2": "172.30.0.22", "r3": "172.30.0.23"}
RECORDED = datetime(2026, 11, 21, 0, 57, tzinfo=UTC)

Json = dict[str, Any]


def config() -> Json:
    """Return what cluster.yml says."""
    read: Json = yaml.safe_load((MADE / "cluster.yml").read_text())
    return read


def inspected(host: str) -> Mapping[str, Json]:
    """Return what Docker said of a host's containers, by name."""
    found = json.loads((MADE / f"inspect-{host}.json").read_text())
    return {each["Name"].lstrip("/"): each for each in found}


def nodes() -> Sequence[Json]:
    """Return the Node objects: name, labels, annotations, taints."""
    read: Sequence[Json] = json.loads((MADE / "nodes.json").read_text())
    return read


def files() -> Mapping[str, bytes]:
    """Return the content of the files of every host, by path; all belong to root and are readable by it alone."""
    root = MADE / "etc-kubernetes"
    paths = [path for path in root.rglob("*") if path.is_file()]
    return {f"/etc/kubernetes/{path.relative_to(root)}": path.read_bytes() for path in paths}
