import pytest

_API = "services.kube-api"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{pod_security_configuration: restricted, always_pull_images: true}", []),
        ("{pod_security_configuration: baseline}", []),
        (
            "{pod_security_configuration: base}",
            [f"{_API}.pod_security_configuration: 'base' is not a level of pod security"],
        ),
        ("{pod_security_policy: false}", []),
        (
            "{audit_log: {enabled: true, configuration: {max_age: 0, max_backup: 1, max_size: 1, path: '-', "
            "format: json, policy: {kind: Policy, rules: [{level: None}]}}}}",
            [],
        ),
        ("{audit_log: {enabled: true, configuration: {max_age: 5, path: /srv/logs/audit.json}}}", []),
        ("{always_pull_images: true, extra_args: {enable-admission-plugins: NodeRestriction}}", []),
        (
            "{audit_log: {configuration: {max_age: -1}}}",
            [
                f"~{_API}.audit_log.configuration: this has no effect while audit_log is not enabled",
                f"{_API}.audit_log.configuration.max_age: a negative number means nothing",
            ],
        ),
        *(
            (
                f"{{audit_log: {{enabled: true, configuration: {{path: {path}}}}}}}",
                [
                    f"{_API}.audit_log.configuration.path: {path} is not in a folder for logs; "
                    "its folder is mounted into the API server"
                ],
            )
            for path in ("/audit.json", "/etc/kubernetes/audit/a.json", "/var/log/../../usr/bin/a")
        ),
        (
            "{audit_log: {enabled: true, configuration: {format: text, path: a.json, policy: {kind: Policie}}}}",
            [
                f"{_API}.audit_log.configuration.format: 'text' is not a format of the audit log",
                f"{_API}.audit_log.configuration.path: 'a.json' is not an absolute path",
                f"{_API}.audit_log.configuration.policy: the policy has no rules",
                f"{_API}.audit_log.configuration.policy.kind: this has kind Policie; Policy is wanted",
            ],
        ),
        (
            "{event_rate_limit: {enabled: true, configuration: {kind: Limits}}}",
            [
                f"{_API}.event_rate_limit.configuration.kind: this has kind Limits; Configuration is wanted",
                f"{_API}.event_rate_limit.configuration: "
                "the configuration has no limits; kube-apiserver does not start without one",
            ],
        ),
        (
            "{admission_configuration: {apiVersion: apiserver.config.k8s.io/v1, kind: AdmissionConfiguration}}",
            [],
        ),
        (
            "{admission_configuration: {plugins: [a]}}",
            [
                f"{_API}.admission_configuration.kind: this has no kind; AdmissionConfiguration is wanted",
                f"{_API}.admission_configuration.apiVersion: this has no apiVersion",
                f"{_API}.admission_configuration.plugins: the plugins are not a list of maps",
            ],
        ),
        (
            "{event_rate_limit: {enabled: true, configuration: {limits: [1]}}}",
            [f"{_API}.event_rate_limit.configuration.limits: the limits are not a list of maps"],
        ),
        (
            "{admission_configuration: {apiVersion: v1, kind: AdmissionConfiguration, plugins: [{path: x}, {}]}}",
            [f"{_API}.admission_configuration.plugins[{index}]: this plugin has no name" for index in (0, 1)],
        ),
        (
            "{audit_log: {enabled: true, configuration: {policy: {kind: Policy, rules: text, metadata: text}}}}",
            [
                f"{_API}.audit_log.configuration.policy.rules: the rules are not a list of maps",
                f"{_API}.audit_log.configuration.policy.metadata: this is not a map",
            ],
        ),
        (
            "{audit_log: {enabled: true, configuration: {max_age: 1, max_backup: 1, max_size: 1, path: /a/b, "
            "format: json, policy: {kind: Policy, rules: [{level: None, resources: [pods]}]}}}}",
            [
                f"{_API}.audit_log.configuration.policy.rules[0].resources: the resources are not a list of maps",
            ],
        ),
        ("{secrets_encryption_config: {enabled: true, custom_config: {resources: [{resources: [secrets]}]}}}", []),
        (
            "{secrets_encryption_config: {custom_config: {kind: Other}}}",
            [
                f"~{_API}.secrets_encryption_config.custom_config: "
                "custom_config has no effect while secrets_encryption_config is not enabled",
                f"{_API}.secrets_encryption_config.custom_config: custom_config has no resources",
                f"{_API}.secrets_encryption_config.custom_config.kind: "
                "this has kind Other; EncryptionConfiguration is wanted",
            ],
        ),
    ],
)
def test_the_api_server(told, block, said):
    assert sorted(told(f"services: {{kube-api: {block}}}")) == sorted(said)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (
            "{pod_security_configuration: baseline}",
            [f"{_API}.pod_security_configuration: 'baseline' is not a level of pod security in RKE's releases"],
        ),
        (
            "{audit_log: {enabled: true, configuration: {max_age: 5, path: /etc/a}}}",
            [
                f"~{_API}.audit_log.configuration: max_backup, max_size, format left out: RKE has 0 or nothing "
                "there when a configuration is given"
            ],
        ),
        (
            "{audit_log: {enabled: true, configuration: {max_age: 1, max_backup: 1, max_size: 1, format: json}}}",
            [
                f"~{_API}.audit_log.configuration: path left out: RKE has 0 or nothing "
                "there when a configuration is given; without a path nothing is written down"
            ],
        ),
        (
            "{always_pull_images: true, event_rate_limit: {enabled: true}, "
            "extra_args: {enable-admission-plugins: 'NodeRestriction,EventRateLimit'}}",
            [
                f"~{_API}.always_pull_images: always_pull_images has no effect: "
                "extra_args has a list of admission plugins of its own"
            ],
        ),
        (
            "{audit_log: {configuration: {max_age: 1}}}",
            [
                f"~{_API}.audit_log.configuration: "
                "RKE passes these settings to the API server although audit_log is not enabled, and no policy's file"
            ],
        ),
        (
            "{event_rate_limit: {enabled: true, configuration: {kind: Configuration}}}",
            [
                f"~{_API}.event_rate_limit.configuration: "
                "the configuration has no limits; kube-apiserver does not start without one"
            ],
        ),
    ],
)
def test_the_api_server_of_rkes_own_releases(told, block, said):
    assert told(f"kubernetes_version: v1.30.14-rancher1-1\nservices: {{kube-api: {block}}}") == said


@pytest.mark.parametrize(
    ("version", "text", "said"),
    [
        ("v1.22.17-rancher1-1", "authorization: {mode: none}", []),
        (
            "v1.24.17-rancher1-1",
            "authorization: {mode: none}",
            [
                "authorization.mode: authorization.mode none and pod_security_configuration, on from v1.23, "
                "exclude each other"
            ],
        ),
        (
            "v1.24.17-rancher1-1",
            "authorization: {mode: none}\nservices: {kube-api: {extra_args: {admission-control-config-file: a}}}",
            [],
        ),
        (
            "v1.22.17-rancher1-1",
            "services: {kube-api: {pod_security_configuration: privileged}}",
            [f"{_API}.pod_security_configuration: pod_security_configuration is there from Kubernetes v1.23 on"],
        ),
    ],
)
def test_pod_security_of_a_release(told, version, text, said):
    assert told(f"kubernetes_version: {version}\n{text}") == said


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (
            "v1.28.15-rancher1-1",
            [
                f"~{_API}.admission_configuration.plugins[1].name: RKE's releases leave ImagePolicyWebhook out: "
                "only EventRateLimit and PodSecurity are written"
            ],
        ),
        ("v1.34.4", []),
    ],
)
def test_a_plugin_that_rke_leaves_out_is_told(told, version, said):
    plugins = "[{name: PodSecurity}, {name: ImagePolicyWebhook}]"
    document = f"{{apiVersion: apiserver.config.k8s.io/v1, kind: AdmissionConfiguration, plugins: {plugins}}}"
    text = f"kubernetes_version: {version}\nservices: {{kube-api: {{admission_configuration: {document}}}}}"
    assert told(text) == said


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{secrets_encryption_config: {enabled: true}}", []),
        ("{}", ["~rotate_encryption_key: rotate_encryption_key has no effect: Secrets are not encrypted"]),
        (
            "{secrets_encryption_config: {enabled: true, custom_config: {resources: [{resources: [secrets]}]}}}",
            ["~rotate_encryption_key: rotate_encryption_key has no effect: the keys are your own"],
        ),
    ],
)
def test_a_new_key_is_made_where_keys_are_rke_pys(told, block, said):
    assert told(f"rotate_encryption_key: true\nservices: {{kube-api: {block}}}") == said


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("", "policies are enforced where API servers run with them, as RKE before 1.6 made them"),
        ("v1.24.17-rancher1-1", "policies are enforced where API servers run with them, as RKE before 1.6 made them"),
        ("v1.25.16-rancher2-3", "no policy is enforced"),
        ("v1.34.4", "no policy is enforced"),
    ],
)
def test_policies_are_said_to_end_with_v1_25(told, version, said):
    (found,) = told(f"kubernetes_version: '{version}'\nservices: {{kube-api: {{pod_security_policy: true}}}}")
    assert found == f"~{_API}.pod_security_policy: pod_security_policy ends with Kubernetes v1.25: {said}"
