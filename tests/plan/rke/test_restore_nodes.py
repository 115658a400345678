"""Which Node objects a restore takes for those of hosts that are gone, where a cloud may have named them."""

from __future__ import annotations

import pytest

from rke_py.plan.observed import Observed, ObservedHost, ObservedNode
from rke_py.plan.restore.after import after_plan
from rke_py.plan.restore.forward import Restoring
from rke_py.plan.restore.model import Snapshot
from rke_py.state.restore import Restore

CLOUDS = "ip-10-0-0-11.eu-central-1.compute.internal"
AWS = {"cloud_provider": {"name": "aws"}}
ADDRESSES = {"rke.cattle.io/external-ip": "192.0.2.11", "rke.cattle.io/internal-ip": "10.0.0.11"}
OTHERS = {"rke.cattle.io/external-ip": "192.0.2.99", "rke.cattle.io/internal-ip": "10.0.0.99"}


@pytest.mark.parametrize(
    ("config", "annotations", "deleted"),
    [(AWS, ADDRESSES, []), (AWS, OTHERS, ["past"]), (AWS, {}, []), ({}, ADDRESSES, ["past"])],
    ids=["a host's addresses", "other addresses", "no addresses", "no cloud that names nodes"],
)
def test_a_node_that_a_cloud_named_is_of_the_past_only_when_its_addresses_are_no_hosts(
    plan, config, annotations, deleted
):
    restoring = Restoring(
        cluster=plan("v1.26.15-rancher1-1", **config).cluster,
        observed=Observed(hosts={"n1": ObservedHost(name="n1")}),
        nodes={},
        restore=Restore(snapshot="monday", asked="monday", token="t", bump=1, sha256="0"),
        snapshot=Snapshot(name="monday", size=0, sha256="0"),
        line="3.5",
        found={},
    )
    nodes = {"past": ObservedNode(name=CLOUDS, ready=True, annotations=annotations)}
    past = [stage for stage in after_plan(restoring, nodes).stages if stage.name == "nodes of the past"]
    assert [turn.host for stage in past for turn in stage.turns] == deleted
