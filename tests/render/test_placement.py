"""On how many hosts an add-on's pods may run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rke_py.cluster.model import Cluster, Role, Taint
from rke_py.render.placement import places, tolerates

GPU = Taint(key="dedicated", value="gpu", effect="NoSchedule")


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "dedicated", "operator": "Exists"}, True),
        ({"key": "dedicated", "value": "gpu"}, True),
        ({"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}, True),
        ({"key": "dedicated", "operator": "Equal", "value": "other"}, False),
        ({"key": "dedicated", "value": "gpu", "effect": "NoExecute"}, False),
        ({"key": "other", "operator": "Exists"}, False),
        ({"value": "gpu"}, False),
    ],
)
def test_tolerations(toleration: dict[str, object], expected: bool) -> None:
    assert tolerates(toleration, GPU) is expected


@pytest.fixture
def workers(cluster: Cluster) -> Cluster:
    """Two plain workers, one with a label, one with a taint."""
    plain = cluster.host("n4")
    return replace(
        cluster,
        hosts=(
            *cluster.with_role(Role.CONTROLPLANE),
            plain,
            replace(plain, name="n5"),
            replace(plain, name="n6", labels={"pool": "infra"}),
            replace(plain, name="n7", taints=(GPU, Taint(key="slow", effect="PreferNoSchedule"))),
        ),
    )


@pytest.mark.parametrize(
    ("selector", "tolerations", "count"),
    [
        pytest.param({}, [], 3, id="workers without taint"),
        pytest.param({}, [{"operator": "Exists"}], 4, id="every worker"),
        pytest.param({"pool": "infra"}, [], 1, id="by label"),
        pytest.param({"kubernetes.io/hostname": "n5"}, [], 1, id="by name"),
        pytest.param({"somebody": "else's"}, [], 1, id="by a label that is not known"),
    ],
)
def test_places(workers: Cluster, selector: dict[str, str], tolerations: list[dict[str, object]], count: int) -> None:
    assert places(workers, selector, tolerations) == count


def test_without_workers_every_host_is_a_place(cluster: Cluster) -> None:
    alone = replace(cluster, hosts=cluster.with_role(Role.CONTROLPLANE))
    assert places(alone, {}, []) == 3
