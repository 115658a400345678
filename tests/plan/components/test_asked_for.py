"""kube-apiserver of the upstream family with what cluster.yml switches on."""

from dataclasses import replace

import pytest

from rke_py.cluster.apiserver_model import ApiServer, AuditLog, Encryption, Webhook
from rke_py.cluster.model import Service
from rke_py.plan.components.apiserver import kube_apiserver

AUDIT = AuditLog(policy={"kind": "Policy"})
LOGS = "/var/log/kube-audit:/var/log/kube-audit"


@pytest.fixture
def server(make_cluster):
    """Make the API server of a cluster with these settings and the user's own."""

    def make(api, **own):
        cluster = replace(make_cluster(kube_api=Service(**own)), api=api)
        return kube_apiserver(cluster, cluster.hosts[0], 10)

    return make


def flags(spec):
    return dict(element[2:].split("=", 1) for element in spec.command)


@pytest.mark.parametrize(
    ("api", "expected", "reads"),
    [
        pytest.param(ApiServer(), {"authorization-mode": "Node,RBAC"}, (), id="nothing"),
        pytest.param(ApiServer(rbac=False), {"authorization-mode": "AlwaysAllow"}, (), id="authorization none"),
        pytest.param(
            ApiServer(audit=AUDIT),
            {
                "audit-log-format": "json",
                "audit-log-maxage": "30",
                "audit-log-maxbackup": "10",
                "audit-log-maxsize": "100",
                "audit-log-path": "/var/log/kube-audit/audit-log.json",
                "audit-policy-file": "/etc/kubernetes/audit-policy.yaml",
            },
            ("/etc/kubernetes/audit-policy.yaml",),
            id="audit log",
        ),
        pytest.param(
            ApiServer(admission={"plugins": []}, plugins=("EventRateLimit",)),
            {
                "admission-control-config-file": "/etc/kubernetes/admission.yaml",
                "enable-admission-plugins": "NodeRestriction,EventRateLimit",
            },
            ("/etc/kubernetes/admission.yaml",),
            id="admission",
        ),
        pytest.param(
            ApiServer(webhook=Webhook(cache_timeout="7s")),
            {
                "authentication-token-webhook-config-file": "/etc/kubernetes/kube-api-authn-webhook.yaml",
                "authentication-token-webhook-cache-ttl": "7s",
            },
            ("/etc/kubernetes/kube-api-authn-webhook.yaml",),
            id="webhook",
        ),
        pytest.param(
            ApiServer(encryption=Encryption()),
            {"encryption-provider-config": "/etc/kubernetes/ssl/encryption.yaml"},
            ("/etc/kubernetes/ssl/encryption.yaml",),
            id="encryption",
        ),
    ],
)
def test_what_is_switched_on_is_passed_and_its_file_is_read(server, api, expected, reads):
    spec = server(api)
    assert expected.items() <= flags(spec).items()
    assert spec.reads == reads


def test_what_is_not_switched_on_has_no_flag(server):
    words = ("admission-control", "audit", "webhook", "encryption")
    assert [flag for flag in flags(server(ApiServer())) if any(word in flag for word in words)] == []
    assert server(ApiServer()).binds == ("/etc/kubernetes:/etc/kubernetes:ro",)


@pytest.mark.parametrize(
    ("own", "plugins"),
    [
        pytest.param({}, ["NodeRestriction,AlwaysPullImages"], id="rke-py's"),
        pytest.param(
            {"extra_args": {"enable-admission-plugins": "NodeRestriction,PodNodeSelector"}},
            ["NodeRestriction,PodNodeSelector,AlwaysPullImages"],
            id="the user's",
        ),
        pytest.param(
            {"extra_args": {"enable-admission-plugins": "AlwaysPullImages"}}, ["AlwaysPullImages"], id="there already"
        ),
        pytest.param(
            {"extra_args_array": {"enable-admission-plugins": ("NodeRestriction", "PodNodeSelector")}},
            ["NodeRestriction", "PodNodeSelector,AlwaysPullImages"],
            id="repeated",
        ),
    ],
)
def test_a_switch_counts_beside_a_list_of_the_users_own(server, own, plugins):
    command = server(ApiServer(plugins=("AlwaysPullImages",)), **own).command
    assert [flag.partition("=")[2] for flag in command if flag.startswith("--enable-admission-plugins=")] == plugins


def test_an_authorization_configuration_of_the_users_own_excludes_the_mode(server):
    spec = server(ApiServer(), extra_args={"authorization-config": "/etc/kubernetes/authorization.yaml"})
    assert "authorization-mode" not in flags(spec)


@pytest.mark.parametrize(
    ("audit", "own", "expected"),
    [
        pytest.param(AUDIT, {}, [LOGS], id="default"),
        pytest.param(None, {}, [], id="off"),
        pytest.param(AuditLog(path="-", policy=None), {}, [], id="to the container's log"),
        pytest.param(AuditLog(path="/srv/audit/a.json", policy=None), {}, ["/srv/audit:/srv/audit"], id="elsewhere"),
        pytest.param(AUDIT, {"extra_args": {"audit-log-path": "/srv/a/b.json"}}, ["/srv/a:/srv/a"], id="by a flag"),
        pytest.param(
            AUDIT,
            {"extra_binds": ("/data:/var/log/kube-audit:rw",)},
            ["/data:/var/log/kube-audit:rw"],
            id="own",
        ),
        pytest.param(AUDIT, {"extra_binds": ("/var/log:/var/log",)}, ["/var/log:/var/log"], id="within the user's"),
        pytest.param(AUDIT, {"extra_binds": ("/a:/b",)}, [LOGS, "/a:/b"], id="beside the user's"),
    ],
)
def test_the_folder_of_the_audit_log_is_the_hosts(server, audit, own, expected):
    assert list(server(ApiServer(audit=audit), **own).binds[1:]) == expected
