"""Labs for all tests, in the order of the files: the cluster of four hosts grows, suffers, goes, file by file.

Files that use that cluster are one group, all others another: with ``pytest -n 2 --dist loadgroup`` the two run side by
side, each on hosts of its own; without, one after another on the same hosts, which every file leaves as it found them.

``RKE_PY_TEST_LAB=NAME`` uses hosts that run already, and the cluster on them if there is one, and leaves them running.
What a test draws by chance follows from a seed that the run prints first; ``RKE_PY_TEST_SEED=N`` draws the same again.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from .cluster import Cluster
from .kubectl import Kubectl
from .lab import ALL, Lab, running, started
from .operator import Operator
from .operator import operator as make_operator
from .traces import Traces, of_hosts

_NAME = "suite"
_KEPT = "RKE_PY_TEST_LAB"
_SEED = int(os.environ.setdefault("RKE_PY_TEST_SEED", str(secrets.randbelow(1_000_000))))
"""Left in the environment, where the processes of pytest-xdist find it."""


def pytest_report_header() -> str:
    """Say by which seed tests draw."""
    return f"lab tests draw by RKE_PY_TEST_SEED={_SEED}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell pytest-xdist which tests belong on the same hosts, in their order."""
    here = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    of_the_cluster = {item.path for item in here if "cluster" in getattr(item, "fixturenames", ())}
    for item in here:
        item.add_marker(pytest.mark.xdist_group("cluster" if item.path in of_the_cluster else "hosts"))


@pytest.fixture(scope="session")
def seed() -> int:
    """The number that decides what tests draw by chance."""
    return _SEED


@pytest.fixture(scope="session")
def lab(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Four hosts: n1, n2, n3 for all roles, n4 to work."""
    kept = os.environ.get(_KEPT)
    if kept:
        yield running(kept)
        return
    hosts = started(f"{_NAME}-{worker_id}", tmp_path_factory.mktemp("hosts"))
    try:
        yield hosts
    finally:
        hosts.down()


@pytest.fixture(scope="session")
def operator(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """Who runs the cluster of four hosts."""
    kept = lab.folder / "operator"
    return make_operator(lab, kept if _KEPT in os.environ else tmp_path_factory.mktemp("cluster"))


@pytest.fixture(scope="session")
def as_found(lab: Lab) -> Mapping[str, Traces]:
    """What the hosts carried before there was a cluster."""
    return of_hosts(lab, ALL)


@pytest.fixture(scope="session")
def cluster(operator: Operator, as_found: Mapping[str, Traces]) -> Cluster:
    """The cluster of four hosts, made by the first ``up``."""
    made = operator.up()
    kubectl = Kubectl(operator.lab.kubectl, operator.kubeconfig)
    kubectl.wait_nodes(*ALL)
    return Cluster(operator, kubectl, made)


@pytest.fixture(scope="session")
def kubectl(cluster: Cluster) -> Kubectl:
    """kubectl with the kubeconfig that ``up`` wrote."""
    return cluster.kubectl
