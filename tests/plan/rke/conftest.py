"""Offline plans of small clusters, for the tests of RKE's own releases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from rke_py.cluster.completed import completed
from rke_py.cluster.model import Cluster
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.plan.observed import HostFacts
from rke_py.plan.offline import planned_hosts
from rke_py.plan.offline_json import offline_json

NODE = {
    "address": "192.0.2.11",
    "internal_address": "10.0.0.11",
    "hostname_override": "n1",
    "user": "rke",
    "role": ["controlplane", "etcd", "worker"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An offline plan as JSON, with ways to look into it."""

    cluster: Cluster
    data: dict[str, Any]

    def process(self, name: str, node: int = 0) -> dict[str, Any]:
        """Return a container of a node."""
        return self.data["plan"]["nodes"][node]["processes"][name]

    def flags(self, name: str, node: int = 0) -> dict[str, str]:
        """Return a container's flags by name."""
        process = self.process(name, node)
        elements = [*process.get("command", ()), *process.get("args", ())]
        pairs = (element[2:].partition("=") for element in elements if element.startswith("--"))
        return {flag: value for flag, _, value in pairs}

    def env(self, name: str, node: int = 0) -> dict[str, str]:
        """Return a container's environment."""
        return dict(variable.split("=", 1) for variable in self.process(name, node).get("env", ()))

    def files(self, node: int = 0) -> dict[str, str | None]:
        """Return a node's files by path."""
        return {file["name"]: file.get("contents") for file in self.data["plan"]["nodes"][node]["files"]}


Plan = Callable[..., Planned]


@pytest.fixture(scope="session")
def plan() -> Plan:
    """Plan a cluster of one node, or of those given, with the rest of cluster.yml as keywords."""

    def make(version: str = "v1.28.15-rancher1-1", facts: HostFacts | None = None, **config: Any) -> Planned:
        config.setdefault("nodes", [NODE])
        text = yaml.safe_dump({"kubernetes_version": version, **config}, sort_keys=False)
        given = load(text).config
        cluster = resolve(given)
        known = {host.name: facts for host in cluster.hosts} if facts else {}
        return Planned(
            cluster=cluster, data=offline_json(cluster, completed(given, cluster), planned_hosts(cluster, known))
        )

    return make
