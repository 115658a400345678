"""What cluster.yml says of the API server, as the upstream family takes it."""

import pytest
import yaml

from rke_py.cluster.apiserver_model import AuditLog
from rke_py.render.apiserver import admission_text, audit_text, encryption_text, encryption_with_key, webhook_text


@pytest.fixture
def api(resolved):
    """Make the settings of an API server from its block, and from the rest of a file."""
    return lambda block="{}", rest="": resolved(f"services: {{kube-api: {block}}}\n{rest}").api


def admitted(api):
    document = yaml.safe_load(admission_text(api))
    assert (document["apiVersion"], document["kind"]) == ("apiserver.config.k8s.io/v1", "AdmissionConfiguration")
    return {plugin["name"]: plugin["configuration"] for plugin in document["plugins"]}


@pytest.mark.parametrize(
    "block", ["{}", "{audit_log: {enabled: true}}", "{audit_log: {enabled: yes, configuration: {}}}"]
)
def test_the_audit_log_has_rkes_settings_unless_others_are_given(api, block):
    audit = api(block).audit
    assert (audit.max_age, audit.max_backup, audit.max_size, audit.format) == (30, 10, 100, "json")
    assert audit.path == "/var/log/kube-audit/audit-log.json"
    assert yaml.safe_load(audit_text(api(block)))["rules"] == [{"level": "Metadata"}]


def test_what_an_audit_configuration_leaves_out_has_its_default(api):
    audit = api("{audit_log: {enabled: true, configuration: {max_age: 0, path: /srv/audit/a.json}}}").audit
    assert audit == AuditLog(max_age=0, path="/srv/audit/a.json", policy=audit.policy)


@pytest.mark.parametrize("block", ["{}", "{enabled: false}", "{enabled: false, configuration: {max_age: 1}}"])
def test_an_audit_log_that_is_switched_off_is_none(api, block):
    assert api(f"{{audit_log: {block}}}").audit is None


def test_a_policy_of_the_owners_own_stands_in_its_file(api):
    rules = "[{level: None, users: ['system:kube-proxy']}, {level: Request, verbs: [create]}]"
    made = api(f"{{audit_log: {{enabled: true, configuration: {{policy: {{kind: Policy, rules: {rules}}}}}}}}}")
    document = yaml.safe_load(audit_text(made))
    assert document["apiVersion"] == "audit.k8s.io/v1"
    assert document["rules"] == [
        {"level": "None", "users": ["system:kube-proxy"]},
        {"level": "Request", "verbs": ["create"]},
    ]


def test_a_policy_file_that_the_owner_names_is_his(api):
    made = api("{audit_log: {enabled: true}, extra_args: {audit-policy-file: /etc/kubernetes/mine.yaml}}")
    assert audit_text(made) is None
    assert made.audit is not None


@pytest.mark.parametrize(
    "block",
    [
        "{}",
        "{pod_security_configuration: privileged}",
        "{event_rate_limit: {enabled: false}}",
        "{always_pull_images: true}",
        "{pod_security_configuration: restricted, extra_args: {admission-control-config-file: /etc/kubernetes/a.yaml}}",
    ],
)
def test_without_need_there_is_no_admission_configuration(api, block):
    assert admission_text(api(block)) is None


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_a_level_of_pod_security_is_enforced_but_for_the_systems_namespaces(api, level):
    (found,) = admitted(api(f"{{pod_security_configuration: {level}}}")).values()
    assert {found["defaults"][mode] for mode in ("enforce", "audit", "warn")} == {level}
    assert {found["defaults"][f"{mode}-version"] for mode in ("enforce", "audit", "warn")} == {"latest"}
    assert found["exemptions"] == {"namespaces": ["ingress-nginx", "kube-system"]}


def test_events_are_limited_as_rke_limits_them_or_as_the_owner_says(api):
    made = api("{event_rate_limit: {enabled: true}}")
    assert made.plugins == ("EventRateLimit",)
    assert admitted(made)["EventRateLimit"]["limits"] == [{"type": "Server", "qps": 5000, "burst": 20000}]
    own = "{kind: Configuration, limits: [{type: User, qps: 5, burst: 9}]}"
    made = api(f"{{event_rate_limit: {{enabled: true, configuration: {own}}}}}")
    assert admitted(made)["EventRateLimit"]["limits"] == [{"type": "User", "qps": 5, "burst": 9}]


def test_a_plugin_of_the_owners_own_wins_and_others_stay(api):
    plugins = "[{name: PodSecurity, configuration: {a: b}}, {name: ImagePolicyWebhook, path: x.yaml}]"
    head = "apiVersion: apiserver.config.k8s.io/v1, kind: AdmissionConfiguration"
    made = api(f"{{pod_security_configuration: baseline, admission_configuration: {{{head}, plugins: {plugins}}}}}")
    assert admitted(made) == {"PodSecurity": {"a": "b"}, "ImagePolicyWebhook": None}


@pytest.mark.parametrize(("mode", "rbac"), [("", True), ("rbac", True), ("RBAC", True), ("none", False)])
def test_the_mode_of_authorization(resolved, mode, rbac):
    assert resolved(f"authorization: {{mode: '{mode}'}}").api.rbac is rbac


def test_tokens_are_asked_about_where_rancher_listens_unless_a_kubeconfig_is_given(api):
    made = api(rest="authentication: {strategy: 'x509|webhook'}")
    assert made.webhook.cache_timeout == "5s"
    document = yaml.safe_load(webhook_text(made.webhook))
    assert document["clusters"][0]["cluster"] == {"server": "http://127.0.0.1:6440/v1/authenticate"}
    assert document["contexts"][0]["name"] == document["current-context"]
    own = "clusters: []\ncontexts: []\n"
    made = api(rest=f"authentication: {{webhook: {{cache_timeout: 1m, config_file: {own!r}}}}}".replace("'", '"'))
    assert (made.webhook.cache_timeout, webhook_text(made.webhook)) == ("1m", own)
    assert "clusters" not in repr(made)


def test_the_encryption_of_secrets(api):
    assert api().encryption is None
    assert api("{secrets_encryption_config: {enabled: false}}").encryption is None
    assert encryption_text(api("{secrets_encryption_config: {enabled: true}}").encryption) is None
    body = "{kind: EncryptionConfiguration, resources: [{resources: [secrets], providers: [{secretbox: {keys: []}}]}]}"
    own = api(f"{{secrets_encryption_config: {{enabled: true, custom_config: {body}}}}}").encryption
    assert yaml.safe_load(encryption_text(own)) == {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": [{"secretbox": {"keys": []}}]}],
    }
    assert "secretbox" not in repr(own)


def test_a_key_that_rke_py_makes_encrypts_secrets():
    (resource,) = yaml.safe_load(encryption_with_key("k-abcde", "c2VjcmV0"))["resources"]
    assert resource == {
        "resources": ["secrets"],
        "providers": [{"aescbc": {"keys": [{"name": "k-abcde", "secret": "c2VjcmV0"}]}}],
    }
