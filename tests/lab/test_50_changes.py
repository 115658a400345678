"""An edit of cluster.yml changes what it says and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .cluster import Cluster, assert_well
from .lab import FULL
from .owned import containers, touched
from .waiting import until

pytestmark = pytest.mark.lab

_CONFIG_MAP = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}, namespace: default}}
data: {{colour: {colour}}}
"""


def test_an_argument_of_one_component_replaces_only_that(cluster: Cluster) -> None:
    before = containers(cluster.lab)
    cluster.operator.edit(lambda config: config["services"].update(scheduler={"extra_args": {"v": "3"}}))
    cluster.operator.up()
    assert touched(before, containers(cluster.lab)) == {f"{host}/kube-scheduler" for host in FULL}
    (scheduler,) = cluster.lab.inspect("n2", "kube-scheduler")
    assert "--v=3" in scheduler["Args"]


def test_etcd_members_are_replaced_one_by_one_the_leader_last(cluster: Cluster) -> None:
    before = containers(cluster.lab)
    leader = _leader(cluster)
    cluster.operator.edit(lambda config: config["services"].update(etcd={"extra_args": {"max-wals": "6"}}))
    run = cluster.operator.up()
    assert touched(before, containers(cluster.lab)) == {f"{host}/etcd" for host in FULL}
    replaced = [host for host, step in run.steps if step == "replace etcd"]
    assert sorted(replaced) == sorted(FULL)
    assert replaced[-1] == leader
    assert_well(cluster.operator, cluster.kubectl)


def test_labels_and_taints_are_set_and_taken_away_without_a_restart(cluster: Cluster) -> None:
    before, node = containers(cluster.lab), cluster.operator.node("n4")
    cluster.operator.edit(
        lambda _: node.update(labels={"disk": "ssd"}, taints=[{"key": "a", "value": "b", "effect": "PreferNoSchedule"}])
    )
    assert cluster.operator.up().steps == (("n4", "set labels and taints"),)
    found = cluster.kubectl.object("node", "n4")
    assert found["metadata"]["labels"]["disk"] == "ssd"
    assert found["spec"]["taints"] == [{"key": "a", "value": "b", "effect": "PreferNoSchedule"}]

    cluster.operator.edit(lambda _: (node.pop("labels"), node.pop("taints")))
    cluster.operator.up()
    found = cluster.kubectl.object("node", "n4")
    assert "disk" not in found["metadata"]["labels"]
    assert "taints" not in found["spec"]
    assert touched(before, containers(cluster.lab)) == set()


def test_labels_of_others_stay(cluster: Cluster) -> None:
    cluster.kubectl("label", "node", "n4", "somebody=else")
    assert cluster.operator.up().changed == 0
    assert cluster.kubectl.object("node", "n4")["metadata"]["labels"]["somebody"] == "else"
    cluster.kubectl("label", "node", "n4", "somebody-")


@pytest.fixture
def addon(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster with two ConfigMaps of the user's, one from cluster.yml and one from a file beside it."""
    (cluster.operator.folder / "mine.yml").write_text(_CONFIG_MAP.format(name="included", colour="red"))
    own = _CONFIG_MAP.format(name="kept", colour="red") + "---" + _CONFIG_MAP.format(name="leaves", colour="red")
    cluster.operator.edit(lambda config: config.update(addons=own, addons_include=["mine.yml"]))
    cluster.operator.up()
    yield cluster
    cluster.operator.edit(lambda config: (config.pop("addons"), config.pop("addons_include")))
    cluster.operator.up()
    assert _config_maps(cluster) == {}


def test_addons_of_the_user_are_applied_changed_and_pruned(addon: Cluster) -> None:
    assert _config_maps(addon) == {"kept": "red", "leaves": "red", "included": "red"}
    assert addon.operator.up().changed == 0

    addon.operator.edit(lambda config: config.update(addons=_CONFIG_MAP.format(name="kept", colour="blue")))
    addon.operator.up()
    assert _config_maps(addon) == {"kept": "blue", "included": "red"}


def test_an_object_of_an_addon_that_somebody_changed_is_put_right(addon: Cluster) -> None:
    addon.kubectl("patch", "configmap", "kept", "-p", '{"data": {"colour": "black"}}')
    addon.kubectl("delete", "configmap", "included")
    addon.operator.up()
    assert _config_maps(addon) == {"kept": "red", "leaves": "red", "included": "red"}


def test_a_proxy_reaches_the_components_that_call_out_of_the_network(cluster: Cluster) -> None:
    """Seen in the plan only: the lab has no proxy. What is reached without it is a matter of the unit tests."""
    cluster.operator.edit(lambda config: config.update(proxy={"http": "http://somebody:secret@proxy.example:3128"}))
    shown = cluster.operator.run("plan", "--output", "json")
    cluster.operator.edit(lambda config: config.pop("proxy"))
    assert shown.status == 0, shown.explained()
    steps = [step for stage in json.loads(shown.out)["stages"] for turn in stage["turns"] for step in turn["steps"]]
    why = {step["step"]: " ".join(step["why"]) for step in steps if step["kind"] == "ReplaceContainer"}
    assert why.keys() == {"replace kube-apiserver", "replace kube-controller-manager", "replace kubelet"}
    assert all("HTTP_PROXY=" in reason and "NO_PROXY=" in reason for reason in why.values())
    assert "secret" not in shown.out


def test_after_all_edits_are_taken_back_the_cluster_is_as_it_was(cluster: Cluster) -> None:
    cluster.operator.edit(lambda config: (config["services"].pop("scheduler"), config["services"].pop("etcd")))
    cluster.operator.up()
    assert cluster.operator.up().changed == 0
    assert_well(cluster.operator, cluster.kubectl)


def _config_maps(cluster: Cluster) -> dict[str, str]:
    found = cluster.kubectl.items("configmaps", "--namespace", "default")
    return {item["metadata"]["name"]: item["data"]["colour"] for item in found if "colour" in item.get("data", {})}


def _leader(cluster: Cluster) -> str:
    def leading() -> Any:
        status = json.loads(cluster.operator.run("status", "--output", "json").out)
        return [member["name"].removeprefix("etcd-") for member in status["etcd"] if member["leader"]]

    (leader,) = until(leading, "etcd has a leader")
    return str(leader)
