"""The plans that RKE itself made, compared to the last flag."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rke_py.catalog import rke
from rke_py.cluster.completed import completed
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.plan.offline import planned_hosts
from rke_py.plan.offline_json import offline_json

CASES = sorted(Path(__file__).parent.glob("cases/*.yml"))


def planned(text):
    given = load(text).config
    cluster = resolve(given)
    return offline_json(cluster, completed(given, cluster), planned_hosts(cluster))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_configuration_says_what_rkes_says(case):
    made, expected = planned(case.read_text())["config"], json.loads(case.with_suffix(".json").read_text())["config"]
    assert expected.keys() - made.keys() <= {"sshKeyPath"}
    for key in ("authentication", "authorization", "cloudProvider", "clusterName", "kubernetesVersion", "prefixPath"):
        assert made[key] == expected[key]
    assert {**made["services"]["kubeApi"], "image": ""} == {**expected["services"]["kubeApi"], "image": ""}
    for node, other in zip(made["nodes"], expected["nodes"], strict=True):
        assert {**node, "sshKeyPath": ""}.items() >= {**other, "sshKeyPath": ""}.items()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_plan_is_rkes(case):
    expected = json.loads(case.with_suffix(".json").read_text())
    made = planned(case.read_text())
    assert made.keys() == expected.keys()
    assert made["plan"] == expected["plan"]
    assert made["texts"] == expected["texts"]


def test_a_file_in_which_rke_config_wrote_every_key_means_the_same():
    name = "one-v1.24.17-rancher1-1"
    folder = Path(__file__).parent
    expected = json.loads((folder / "cases" / f"{name}.json").read_text())
    assert planned((folder / "written" / f"{name}.yml").read_text())["plan"] == expected["plan"]


def test_every_case_has_its_plan():
    assert len(CASES) == len(list(CASES[0].parent.glob("*.json"))) >= 9


@pytest.mark.parametrize("version", rke.versions())
def test_every_version_can_be_planned(plan, version):
    made = plan(version)
    tag = version.rpartition("-")[0]
    assert made.process("kubelet")["image"].endswith(f"hyperkube:{tag}")
    assert made.data["plan"]["nodes"][0]["processes"].keys() == {
        *("etcd", "service-sidekick", "kube-apiserver", "kube-controller-manager", "kube-scheduler"),
        *("kubelet", "kube-proxy"),
    }
