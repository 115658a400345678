"""One lab for all tests, in the order of the files: hosts without a cluster first, then one that grows, suffers, goes.

``RKE_PY_TEST_PART=cluster`` runs only the files that use that cluster, ``hosts`` only the others, which leave hosts
as they found them: so the two run side by side, each on a lab of its own.
``RKE_PY_TEST_LAB=NAME`` uses hosts that run already, and the cluster on them if there is one, and leaves them running.
What a test draws by chance follows from a seed that the run prints first; ``RKE_PY_TEST_SEED=N`` draws the same again.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping

import pytest

from vagrant.lab.build import has_rke
from vagrant.lab.cache import Cache

from .cluster import Cluster
from .kubectl import Kubectl
from .lab import ALL, Lab, running, started
from .operator import Operator
from .operator import operator as make_operator
from .traces import Traces, of_hosts

_KEPT = "RKE_PY_TEST_LAB"
_PART = os.environ.get("RKE_PY_TEST_PART", "")
_NAME = f"suite-{_PART}" if _PART else "suite"
_SEED = int(os.environ.get("RKE_PY_TEST_SEED") or secrets.randbelow(1_000_000))


def pytest_report_header() -> str:
    """Say by which seed tests draw."""
    return f"lab tests draw by RKE_PY_TEST_SEED={_SEED}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of the part that was asked for; a file with one test on the cluster belongs to the cluster.

    Those on a cluster as RKE makes it are kept if what it needs is built (``vagrant/lab/lab build --with rke``).
    """
    others: list[pytest.Item] = []
    if _PART:
        on_cluster = {item.path for item in items if "cluster" in getattr(item, "fixturenames", ())}
        others += [item for item in items if (item.path in on_cluster) != (_PART == "cluster")]
    on_rke = [item for item in items if item.get_closest_marker("rke")]
    if on_rke and not has_rke(Cache.of_user()):
        others += on_rke
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def seed() -> int:
    """The number that decides what tests draw by chance."""
    return _SEED


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Five hosts: n1, n2, n3 for all roles, n4 to work, n5 to spare."""
    kept = os.environ.get(_KEPT)
    if kept:
        yield running(kept)
        return
    hosts = started(_NAME, tmp_path_factory.mktemp("hosts"))
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
