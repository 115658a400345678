import pytest

from rke_py.config.load import load
from rke_py.config.schema.walk import fields_along
from rke_py.config.unbuilt import UNBUILT, unbuilt_findings

from .conftest import NODES


def unbuilt(text, family="upstream"):
    loaded = load(NODES + text)
    return [finding.what for finding in unbuilt_findings(loaded.config, family)]


@pytest.mark.parametrize(
    "text",
    [
        "ingress: {provider: traefik, network_mode: hostPort, http_port: 80}",
        "network: {plugin: calico}",
        "dns: {provider: kube-dns, nodelocal: {ip_address: 169.254.20.10}}",
        "restore: {restore: false}",
        "restore: {restore: no, snapshot_name: old}",
        "rotate_encryption_key: true",
        "rotate_certificates: null",
        "services: {etcd: {snapshot: false, creation: 12h, retention: 72h, uid: 52034, gid: 52034}}",
        "prefix_path: /opt/rke",
        "services: {etcd: {backup_config: {enabled: false, interval_hours: 12}}}",
        "services: {etcd: {snapshot: true, backup_config: {retention: 3, interval_hours: 1}}}",
    ],
)
def test_a_key_that_asks_for_nothing_is_no_obstacle(text):
    assert unbuilt(text) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("rotate_certificates: {}", "rotate_certificates"),
    ],
)
def test_any_other_value_is_named(text, key):
    assert unbuilt(text) == [f"{key} is not built yet in rke-py"]


@pytest.mark.parametrize("row", UNBUILT, ids=lambda row: row.path)
def test_every_row_has_a_hint_and_a_key_of_the_schema(row):
    assert row.hint.endswith(".")
    path = row.path.split(".")
    assert len(list(fields_along(path))) == len(path)


def test_a_cluster_of_the_rke_family_is_not_made_but_may_exist():
    config = load(NODES + "prefix_path: /opt/rke").config
    assert [finding.what for finding in unbuilt_findings(config, "rke")] == [
        "making a cluster of RKE's own releases is not built yet in rke-py"
    ]
    assert list(unbuilt_findings(config, "rke", exists=True)) == []


def test_anchored_maps_are_looked_at_in_each_place():
    text = ".restore: &restore {restore: true}\nrestore: *restore\n"
    assert unbuilt(text) == ["restore is not built yet in rke-py"]
