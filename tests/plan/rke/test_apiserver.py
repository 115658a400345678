"""kube-apiserver of RKE's releases, beyond what the cases show."""

from __future__ import annotations

import pytest

from tests.plan.rke.conftest import NODE

NO_ETCD = {**NODE, "role": ["controlplane", "worker"]}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def api(**settings):
    return {"services": {"kube-api": settings}}


def test_an_external_etcd_has_its_own_certificates_and_prefix(plan):
    etcd = {
        "external_urls": ["https://e1:2379", "https://e2:2379"],
        "path": "/k8s",
        "ca_cert": PEM,
        "cert": PEM,
        "key": PEM,
    }
    made = plan(nodes=[NO_ETCD], services={"etcd": etcd})
    flags = made.flags("kube-apiserver")
    assert flags["etcd-servers"] == "https://e1:2379,https://e2:2379"
    assert flags["etcd-prefix"] == "/k8s"
    assert flags["etcd-cafile"] == "/etc/kubernetes/ssl/kube-etcd-client-ca.pem"
    assert flags["etcd-certfile"] == "/etc/kubernetes/ssl/kube-etcd-client.pem"
    assert flags["etcd-keyfile"] == "/etc/kubernetes/ssl/kube-etcd-client-key.pem"
    assert "etcd" not in made.data["plan"]["nodes"][0]["processes"]


def test_the_hosts_own_member_is_asked_first(plan):
    nodes = [
        {"address": f"192.0.2.{n}", "internal_address": f"10.0.0.{n}", "user": "u", "role": ["etcd", "controlplane"]}
        for n in (1, 2, 3)
    ]
    made = plan(nodes=[*nodes, {"address": "192.0.2.9", "user": "u", "role": ["worker"]}])
    assert made.flags("kube-apiserver", 1)["etcd-servers"] == (
        "https://10.0.0.2:2379,https://10.0.0.1:2379,https://10.0.0.3:2379"
    )


def test_only_an_ip_address_is_advertised(plan):
    assert plan().flags("kube-apiserver")["advertise-address"] == "10.0.0.11"
    named = {**NODE, "internal_address": "n1.internal"}
    assert "advertise-address" not in plan(nodes=[named]).flags("kube-apiserver")


def test_without_rbac_neither_mode_nor_service_account_credentials(plan):
    made = plan("v1.22.17-rancher1-2", authorization={"mode": "none"})
    assert "authorization-mode" not in made.flags("kube-apiserver")
    assert "args" not in made.process("kube-controller-manager")


def test_plugins_that_are_switched_on_come_last(plan):
    made = plan(**api(always_pull_images=True, event_rate_limit={"enabled": True}))
    plugins = made.flags("kube-apiserver")["enable-admission-plugins"].split(",")
    assert plugins[0] == "NamespaceLifecycle"
    assert plugins[-2:] == ["AlwaysPullImages", "EventRateLimit"]
    assert made.data["texts"]["admission_sum"] == "69ff71a7958fe5108686fd89fcbff80d"


def test_a_list_of_the_users_own_replaces_rkes_and_what_is_switched_on(plan):
    made = plan(**api(always_pull_images=True, extra_args={"enable-admission-plugins": "NodeRestriction"}))
    assert made.flags("kube-apiserver")["enable-admission-plugins"] == "NodeRestriction"


def test_pod_security_policy_is_the_first_plugin_that_is_switched_on(plan):
    flags = plan("v1.24.17-rancher1-1", **api(pod_security_policy=True, always_pull_images=True)).flags(
        "kube-apiserver"
    )
    assert flags["enable-admission-plugins"].split(",")[-2:] == ["PodSecurityPolicy", "AlwaysPullImages"]
    assert flags["runtime-config"] == "policy/v1beta1/podsecuritypolicy=true"


@pytest.mark.parametrize(
    ("version", "mode"),
    [("v1.25.16-rancher2-3", "rbac"), ("v1.32.2-rancher1-1", "rbac"), ("v1.22.17-rancher1-2", "none")],
)
def test_pod_security_policy_is_a_key_of_the_past_from_v1_25_on_and_needs_rbac(plan, version, mode):
    flags = plan(version, authorization={"mode": mode}, **api(pod_security_policy=True)).flags("kube-apiserver")
    assert "PodSecurityPolicy" not in flags["enable-admission-plugins"]
    assert "podsecuritypolicy" not in flags.get("runtime-config", "")


@pytest.mark.parametrize(
    ("version", "group"),
    [
        ("v1.22.17-rancher1-2", ""),
        ("v1.23.16-rancher2-3", "v1beta1"),
        ("v1.24.17-rancher1-1", "v1beta1"),
        ("v1.25.16-rancher2-3", "v1"),
    ],
)
def test_pod_security_admission_follows_the_version(plan, version, group):
    text = plan(version).data["texts"]["admission"]
    assert ("pod-security.admission.config.k8s.io" in text) is bool(group)
    assert not group or f"pod-security.admission.config.k8s.io/{group}\n" in text


def test_restricted_pods_are_exempt_in_the_systems_namespaces(plan):
    text = plan(**api(pod_security_configuration="restricted")).data["texts"]["admission"]
    assert text.endswith(
        """\
- configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    defaults:
      audit: restricted
      audit-version: latest
      enforce: restricted
      enforce-version: latest
      warn: restricted
      warn-version: latest
    exemptions:
      namespaces:
      - ingress-nginx
      - kube-system
    kind: PodSecurityConfiguration
  name: PodSecurity
  path: ""
"""
    )


def test_a_rate_limit_counts_when_it_is_switched_on(plan):
    limits = {"limits": [{"type": "Namespace", "qps": 50, "burst": 100, "cacheSize": 2000}]}
    limits = {"apiVersion": "eventratelimit.admission.k8s.io/v1alpha1", "kind": "Configuration", **limits}
    on = plan(**api(event_rate_limit={"enabled": True, "configuration": limits})).data["texts"]["admission"]
    off = plan(**api(event_rate_limit={"enabled": False, "configuration": limits})).data["texts"]["admission"]
    assert "    - burst: 100\n      cacheSize: 2000\n      qps: 50\n      type: Namespace\n" in on
    assert "    - burst: 20000\n      qps: 5000\n      type: Server\n" in off


@pytest.mark.parametrize(
    ("configuration", "written"),
    [
        pytest.param({"limits": []}, "    limits: []\n", id="nothing is filled in"),
        pytest.param({"kind": "Configuration"}, "    kind: Configuration\n    limits: null\n", id="no limits"),
        pytest.param(
            {"Kind": "Configuration", "Limits": [{"Type": "Server", "QPS": 1, "Burst": 2, "CacheSize": 0, "x": 1}]},
            "    kind: Configuration\n    limits:\n    - burst: 2\n      qps: 1\n      type: Server\n",
            id="keys in any case",
        ),
    ],
)
def test_a_rate_limit_is_read_as_go_reads_it(plan, configuration, written):
    text = plan(**api(event_rate_limit={"enabled": True, "configuration": configuration})).data["texts"]["admission"]
    assert f"- configuration:\n{written}  name: EventRateLimit\n" in text


def test_a_plugin_of_the_admission_configuration_wins_and_others_are_lost_as_in_rke(plan):
    own = [
        {"name": "ImagePolicyWebhook", "path": "webhook.yaml"},
        {
            "name": "PodSecurity",
            "configuration": {"kind": "PodSecurityConfiguration", "defaults": {"enforce": "baseline"}},
        },
    ]
    document = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": own}
    text = plan(**api(admission_configuration=document)).data["texts"]["admission"]
    assert text.endswith(
        """\
- configuration:
    defaults:
      enforce: baseline
    kind: PodSecurityConfiguration
  name: PodSecurity
  path: ""
"""
    )
    assert text.index("EventRateLimit") < text.index("PodSecurity")
    assert "ImagePolicyWebhook" not in text


def test_an_admission_file_of_the_users_own_has_no_checksum(plan):
    made = plan(**api(extra_args={"admission-control-config-file": "/etc/kubernetes/mine.yaml"}))
    assert made.flags("kube-apiserver")["admission-control-config-file"] == "/etc/kubernetes/mine.yaml"
    assert made.env("kube-apiserver").keys() == {"RKE_AUDITLOG_CONFIG_CHECKSUM"}
    assert "admission" not in made.data["texts"]


def test_the_audit_log_can_be_switched_off(plan):
    made = plan(**api(audit_log={"enabled": False}))
    assert not [flag for flag in made.flags("kube-apiserver") if flag.startswith("audit")]
    assert made.process("kube-apiserver")["binds"] == ["/etc/kubernetes:/etc/kubernetes"]
    assert made.env("kube-apiserver").keys() == {"RKE_ADMISSION_CONFIG_CHECKSUM"}


@pytest.mark.parametrize("enabled", [True, False])
def test_settings_of_the_audit_log_are_passed_as_they_stand(plan, enabled):
    made = plan(**api(audit_log={"enabled": enabled, "configuration": {"max_age": 3, "path": "/var/log/a.json"}}))
    audit = {flag: value for flag, value in made.flags("kube-apiserver").items() if flag.startswith("audit")}
    assert audit == {
        "audit-log-format": "",
        "audit-log-maxage": "3",
        "audit-log-maxbackup": "0",
        "audit-log-maxsize": "0",
        "audit-log-path": "/var/log/a.json",
        "audit-policy-file": "/etc/kubernetes/audit-policy.yaml",
    }
    assert ("/var/log/kube-audit:/var/log/kube-audit" in made.process("kube-apiserver")["binds"]) is enabled
    assert made.env("kube-apiserver").get("RKE_AUDITLOG_CONFIG_CHECKSUM") == (
        "856f426399fb14a50b78e721d15c168c" if enabled else None
    )


def test_an_audit_policy_is_written_as_gos_type_has_it(plan):
    rules = [
        {"level": "RequestResponse", "resources": [{"group": "", "resources": ["pods"]}], "omitStages": []},
        {"level": "None", "users": ["system:kube-proxy"], "verbs": ["watch"], "nonResourceURLs": ["/healthz*"]},
        {"level": "Request", "omitManagedFields": False},
    ]
    policy = {"kind": "Policy", "omitStages": ["RequestReceived"], "omitManagedFields": False, "rules": rules}
    made = plan(**api(audit_log={"enabled": True, "configuration": {"policy": policy}}))
    assert (
        made.data["texts"]["audit"]
        == """\
apiVersion: audit.k8s.io/v1
kind: Policy
metadata:
  creationTimestamp: null
omitStages:
- RequestReceived
rules:
- level: RequestResponse
  resources:
  - resources:
    - pods
- level: None
  nonResourceURLs:
  - /healthz*
  users:
  - system:kube-proxy
  verbs:
  - watch
- level: Request
  omitManagedFields: false
"""
    )


def test_what_gos_type_of_a_policy_does_not_have_is_lost(plan):
    metadata = {"name": "p", "labels": {}, "owner": "me"}
    rules = [{"level": "Metadata", "color": "red", "resources": [{"group": "apps", "version": "v1"}]}]
    policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "metadata": metadata, "rules": rules, "color": "red"}
    made = plan(**api(audit_log={"enabled": True, "configuration": {"policy": policy}}))
    assert (
        made.data["texts"]["audit"]
        == """\
apiVersion: audit.k8s.io/v1
kind: Policy
metadata:
  creationTimestamp: null
  name: p
rules:
- level: Metadata
  resources:
  - group: apps
"""
    )


@pytest.mark.parametrize("authentication", [{"strategy": "x509|webhook"}, {"webhook": {"cache_timeout": "5s"}}])
def test_a_token_webhook_by_strategy_or_by_its_block(plan, authentication):
    flags = plan(authentication=authentication).flags("kube-apiserver")
    assert flags["authentication-token-webhook-config-file"] == "/etc/kubernetes/kube-api-authn-webhook.yaml"
    assert flags["authentication-token-webhook-cache-ttl"] == "5s"


def test_serving_certificates_of_kubelets_are_verified(plan):
    made = plan(services={"kubelet": {"generate_serving_certificate": True}})
    assert made.flags("kube-apiserver")["kubelet-certificate-authority"] == "/etc/kubernetes/ssl/kube-ca.pem"
    assert made.flags("kubelet")["tls-cert-file"] == "/etc/kubernetes/ssl/kube-kubelet-10-0-0-11.pem"
    assert made.flags("kubelet")["tls-private-key-file"] == "/etc/kubernetes/ssl/kube-kubelet-10-0-0-11-key.pem"


def test_encryption_with_a_key_that_is_yet_to_be_made(plan):
    made = plan(**api(secrets_encryption_config={"enabled": True}))
    assert made.flags("kube-apiserver")["encryption-provider-config"] == "/etc/kubernetes/ssl/encryption.yaml"
    assert made.files()["/etc/kubernetes/ssl/encryption.yaml"] == "sha256:made-by-up"


def test_an_encryption_configuration_of_the_users_own_is_not_shown(plan):
    body = {
        "resources": [
            {"resources": ["secrets"], "providers": [{"aescbc": {"keys": [{"name": "k", "secret": "c2VjcmV0"}]}}]}
        ]
    }
    made = plan(**api(secrets_encryption_config={"enabled": True, "custom_config": body}))
    shown = made.files()["/etc/kubernetes/ssl/encryption.yaml"]
    assert shown is not None
    assert shown.startswith("sha256:")
    assert "c2VjcmV0" not in str(made.data)
