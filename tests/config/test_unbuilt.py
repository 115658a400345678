import pytest

from rke_py.config.unbuilt import UNBUILT, is_empty


@pytest.mark.parametrize(
    "text",
    [
        "ingress: {provider: none, network_mode: hostPort, http_port: 80}",
        "cloud_provider: {}",
        "restore: {restore: false}",
        "restore: {restore: no, snapshot_name: old}",
        "rotate_encryption_key: false",
        "rotate_certificates: null",
        "enable_cri_dockerd: false",
        "services: {etcd: {snapshot: false, creation: 12h, retention: 72h, uid: 0}}",
        "services: {etcd: {backup_config: {enabled: false, interval_hours: 12}}}",
        "services: {etcd: {backup_config: {interval_hours: 0, s3backupconfig: null}}}",
        "services: {kube-api: {pod_security_configuration: privileged, audit_log: {enabled: false}}}",
        "services: {kubelet: {generate_serving_certificate: true}}",
        "network: {calico_network_provider: {cloudprovider: none}}",
        "private_registries: [{url: a.example.com, ecr_credential_plugin: {}}]",
    ],
)
def test_a_key_that_asks_for_nothing_is_accepted(told, text):
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ingress: {provider: nginx}", "ingress"),
        ("ingress: {options: {use-forwarded-headers: 'true'}}", "ingress"),
        ("cloud_provider: {name: aws}", "cloud_provider"),
        ("rotate_encryption_key: true", "rotate_encryption_key"),
        ("enable_cri_dockerd: true", "enable_cri_dockerd"),
        ("authentication: {webhook: {cache_timeout: 5s}}", "authentication.webhook"),
        ("dns: {nodelocal: {ip_address: 169.254.20.10}}", "dns.nodelocal"),
        ("services: {etcd: {snapshot: true}}", "services.etcd.snapshot"),
        ("services: {etcd: {external_urls: ['https://192.0.2.9:2379']}}", "services.etcd.external_urls"),
        ("services: {etcd: {backup_config: {retention: 3}}}", "services.etcd.backup_config"),
        ("services: {kube-api: {audit_log: {enabled: true}}}", "services.kube-api.audit_log"),
        (
            "services: {kube-api: {pod_security_configuration: restricted}}",
            "services.kube-api.pod_security_configuration",
        ),
        (
            "private_registries: [{url: a.example.com, ecr_credential_plugin: {aws_access_key_id: a}}]",
            "private_registries[0].ecr_credential_plugin",
        ),
    ],
)
def test_any_other_value_is_refused_by_name(told, text, key):
    assert told(text) == [f"{key}: {key} is not built yet in rke-py"]


@pytest.mark.parametrize("row", UNBUILT, ids=lambda row: row.path)
def test_every_row_has_a_hint(row):
    assert row.hint.endswith(".")


def test_an_unknown_key_inside_an_unbuilt_map_is_unknown(told):
    assert told("ingress: {provider: none, http_prot: 80}") == ["ingress.http_prot: http_prot is not a key of ingress"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("auth: {strategy: x}", "auth"),
        ("enforce_docker_version: true", "enforce_docker_version"),
        ("authentication: {options: {a: b}}", "authentication.options"),
        ("services: {kube-api: {pod_security_policy: true}}", "services.kube-api.pod_security_policy"),
        ("system_images: {wave_node: a/b:c}", "system_images.wave_node"),
    ],
)
def test_a_key_of_older_releases_is_one_notice(told, text, place):
    assert told(text) == [f"~{place}: {place} is a key of older RKE releases and has no effect"]


def test_an_empty_key_of_older_releases_is_no_notice(told):
    assert told("services: {kube-api: {pod_security_policy: false}}\nauthentication: {options: {}}") == []


@pytest.mark.parametrize("value", [None, "", {}, [], {"a": None, "b": {"c": ""}}])
def test_empty_values(value):
    assert is_empty(value)


@pytest.mark.parametrize("value", ["0 ", "none", [""], {"a": {"b": "c"}}])
def test_values_that_ask_for_something(value):
    assert not is_empty(value)


def test_anchored_maps_are_sifted_in_each_place(told):
    text = """\
.api: &api {audit_log: {enabled: true}}
services: {kube-api: *api}
"""
    assert told(text) == ["services.kube-api.audit_log: services.kube-api.audit_log is not built yet in rke-py"]
