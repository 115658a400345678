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
        "cloud_provider: {}",
        "restore: {restore: false}",
        "restore: {restore: no, snapshot_name: old}",
        "rotate_encryption_key: false",
        "rotate_certificates: null",
        "enable_cri_dockerd: false",
        "services: {etcd: {snapshot: false, creation: 12h, retention: 72h, uid: 52034, gid: 52034}}",
        "prefix_path: /opt/rke",
        "authorization: {mode: RBAC}",
        "network: {plugin: none, enable_br_netfilter: true}",
        "services: {etcd: {backup_config: {enabled: false, interval_hours: 12}}}",
        "services: {etcd: {backup_config: {interval_hours: 0, s3backupconfig: null}}}",
        "services: {kube-api: {pod_security_configuration: privileged, audit_log: {enabled: false}}}",
        "services: {kubelet: {generate_serving_certificate: true}}",
        "network: {calico_network_provider: {cloudprovider: none}}",
        "private_registries: [{url: a.example.com, ecr_credential_plugin: {}}]",
    ],
)
def test_a_key_that_asks_for_nothing_is_no_obstacle(text):
    assert unbuilt(text) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("cloud_provider: {name: aws}", "cloud_provider"),
        ("authorization: {mode: none}", "authorization.mode none"),
        ("network: {enable_br_netfilter: false}", "network.enable_br_netfilter false"),
        ("rotate_certificates: {}", "rotate_certificates"),
        ("rotate_encryption_key: true", "rotate_encryption_key"),
        ("enable_cri_dockerd: true", "enable_cri_dockerd"),
        ("authentication: {webhook: {cache_timeout: 5s}}", "authentication.webhook"),
        ("services: {etcd: {snapshot: true}}", "services.etcd.snapshot"),
        ("services: {etcd: {backup_config: {retention: 3}}}", "services.etcd.backup_config"),
        ("services: {kube-api: {audit_log: {enabled: true}}}", "services.kube-api.audit_log"),
        (
            "services: {kube-api: {pod_security_configuration: restricted}}",
            "services.kube-api.pod_security_configuration restricted",
        ),
        (
            "private_registries: [{url: a.example.com, ecr_credential_plugin: {aws_access_key_id: a}}]",
            "private_registries[0].ecr_credential_plugin",
        ),
    ],
)
def test_any_other_value_is_named(text, key):
    assert unbuilt(text) == [f"{key} is not built yet in rke-py"]


@pytest.mark.parametrize("row", UNBUILT, ids=lambda row: row.path)
def test_every_row_has_a_hint_and_a_key_of_the_schema(row):
    assert row.hint.endswith(".")
    path = [part for part in row.path.split(".") if part != "*"]
    assert len(list(fields_along(path))) == len(path)


def test_the_rke_family_is_not_rolled_out_whatever_the_file_asks_for():
    assert unbuilt("cloud_provider: {name: aws}", "rke") == [
        "rolling out RKE's own releases is not built yet in rke-py"
    ]


def test_anchored_maps_are_looked_at_in_each_place():
    text = ".api: &api {audit_log: {enabled: true}}\nservices: {kube-api: *api}\n"
    assert unbuilt(text) == ["services.kube-api.audit_log is not built yet in rke-py"]
