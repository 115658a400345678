from dataclasses import replace
from hashlib import md5
from ipaddress import ip_network

import pytest

from rke_py.cluster.audit_policy import DEFAULT_POLICY, audit_policy
from rke_py.cluster.model import Proxy, Service
from rke_py.plan.arguments import flag_value
from rke_py.plan.components.apiserver import kube_apiserver
from rke_py.plan.components.controller_manager import kube_controller_manager
from rke_py.plan.components.scheduler import kube_scheduler
from rke_py.render.go_yaml import go_yaml


@pytest.fixture
def cluster(make_cluster):
    return make_cluster()


def test_the_api_server_asks_its_own_hosts_etcd_first(cluster):
    spec = kube_apiserver(cluster, cluster.hosts[1], 10)
    expected = "https://10.1.0.2:2379,https://10.1.0.1:2379,https://10.1.0.3:2379"
    assert flag_value(spec.command, "etcd-servers") == expected


def test_the_api_server_of_a_host_without_etcd_asks_all_members(make_cluster, make_host):
    member, plane = make_host("n1", "10.0.0.1", "e"), make_host("n2", "10.0.0.2", "cw")
    spec = kube_apiserver(make_cluster(member, plane), plane, 10)
    assert flag_value(spec.command, "etcd-servers") == "https://10.0.0.1:2379"


@pytest.mark.parametrize(
    ("internal", "advertised"), [("10.1.0.9", "10.1.0.9"), ("fd00::9", "fd00::9"), ("node.example", None)]
)
def test_the_api_server_advertises_an_address_but_no_name(make_cluster, make_host, internal, advertised):
    host = make_host("n1", "10.0.0.1", "ecw", internal)
    spec = kube_apiserver(make_cluster(host), host, 10)
    assert flag_value(spec.command, "advertise-address") == advertised
    assert flag_value(spec.command, "bind-address") == ("::" if ":" in internal else None)


@pytest.mark.parametrize(
    ("pods", "own", "mask"),
    [
        ("10.42.0.0/16", {}, None),
        ("10.42.0.0/16,fd42::/48", {}, "64"),
        ("10.42.0.0/16,fd42::/40", {}, "56"),
        ("10.42.0.0/16,fd42::/64", {}, "72"),
        ("fd42::/112", {}, "120"),
        ("fd42::/48", {"node-cidr-mask-size": "60"}, None),
        ("10.42.0.0/16,fd42::/48", {"node-cidr-mask-size-ipv6": "60"}, "60"),
    ],
)
def test_a_range_of_ipv6_is_divided_as_the_controller_manager_can(make_cluster, pods, own, mask):
    cluster = make_cluster(kube_controller=Service(extra_args=own))
    ranges = tuple(map(ip_network, pods.split(",")))
    spec = kube_controller_manager(replace(cluster, services=replace(cluster.services, cluster_cidr=ranges)))
    assert flag_value(spec.command, "cluster-cidr") == pods
    assert flag_value(spec.command, "node-cidr-mask-size-ipv6") == mask


def test_a_stopping_api_server_is_given_the_delay_its_watches_end_and_a_full_request(cluster):
    spec = kube_apiserver(cluster, cluster.hosts[0], 20)
    assert flag_value(spec.command, "shutdown-delay-duration") == "20s"
    assert flag_value(spec.command, "shutdown-watch-termination-grace-period") == "5s"
    assert spec.grace == 20 + 5 + 65


@pytest.mark.parametrize(
    ("version", "own", "gates"),
    [
        ("v1.33.13", {}, ["APIServerTracing=false"]),
        ("v1.33.13", {"feature-gates": "A=true,B=false"}, ["A=true,B=false", "APIServerTracing=false"]),
        ("v1.33.13", {"feature-gates": "A=true, APIServerTracing=true"}, ["A=true, APIServerTracing=true"]),
        ("v1.33.13", {"tracing-config-file": "/etc/kubernetes/tracing.yaml"}, []),
        ("v1.34.4", {}, []),
        ("v1.34.4", {"feature-gates": "A=true"}, ["A=true"]),
    ],
)
def test_an_api_server_asks_etcd_again_after_a_change_of_leader(make_cluster, version, own, gates):
    cluster = replace(make_cluster(kube_api=Service(extra_args=own)), version=version)
    command = kube_apiserver(cluster, cluster.hosts[0], 10).command
    assert [flag.partition("=")[2] for flag in command if flag.startswith("--feature-gates=")] == gates


def test_nobody_is_anonymous_and_nodes_are_restricted(cluster):
    spec = kube_apiserver(cluster, cluster.hosts[0], 10)
    assert flag_value(spec.command, "anonymous-auth") == "false"
    assert flag_value(spec.command, "authorization-mode") == "Node,RBAC"
    assert "NodeRestriction" in flag_value(spec.command, "enable-admission-plugins")
    assert flag_value(spec.command, "kubelet-certificate-authority") == "/etc/kubernetes/ssl/kube-ca.pem"


def test_tokens_are_issued_for_the_clusters_own_domain(cluster):
    cluster = replace(cluster, services=replace(cluster.services, cluster_domain="lan.example"))
    spec = kube_apiserver(cluster, cluster.hosts[0], 10)
    assert flag_value(spec.command, "service-account-issuer") == "https://kubernetes.default.svc.lan.example"


def test_the_audit_policy_is_rkes_to_the_byte():
    assert md5(go_yaml(audit_policy(DEFAULT_POLICY)).encode()).hexdigest() == "856f426399fb14a50b78e721d15c168c"


def test_the_api_server_reads_its_audit_policy(cluster):
    spec = kube_apiserver(cluster, cluster.hosts[0], 10)
    assert flag_value(spec.command, "audit-policy-file") in spec.reads
    assert "/var/log/kube-audit:/var/log/kube-audit" in spec.binds


def test_a_flag_of_the_user_replaces_and_may_be_repeated(make_cluster):
    issuers = {"service-account-issuer": ("https://a", "https://b")}
    cluster = make_cluster(kube_api=Service(extra_args={"profiling": "true"}, extra_args_array=issuers))
    command = kube_apiserver(cluster, cluster.hosts[0], 10).command
    assert [flag for flag in command if "issuer" in flag] == [
        "--service-account-issuer=https://a",
        "--service-account-issuer=https://b",
    ]
    assert "--profiling=true" in command
    assert "--profiling=false" not in command


def test_the_controller_manager_signs_certificate_requests(cluster):
    command = kube_controller_manager(cluster).command
    assert flag_value(command, "cluster-signing-cert-file") == "/etc/kubernetes/signing-ca.pem"
    assert flag_value(command, "cluster-signing-key-file") == "/etc/kubernetes/ssl/kube-ca-key.pem"


def test_without_the_key_of_a_users_own_ca_it_signs_none(cluster):
    command = kube_controller_manager(cluster, signs=False).command
    assert not [flag for flag in command if flag.startswith("--cluster-signing")]
    assert flag_value(command, "root-ca-file") == "/etc/kubernetes/ssl/kube-ca.pem"


@pytest.mark.parametrize("make", [kube_controller_manager, kube_scheduler])
def test_controllers_lead_one_at_a_time_and_serve_verified(cluster, make):
    spec = make(cluster)
    assert flag_value(spec.command, "leader-elect") == "true"
    assert flag_value(spec.command, "tls-cert-file") == f"/etc/kubernetes/ssl/{spec.name}-serving.pem"
    assert spec.check.ca == "kube-ca"


def test_what_calls_out_goes_through_the_proxy(cluster):
    cluster = replace(cluster, proxy=Proxy(https="http://proxy.example:3128", no_proxy=("10.0.0.0/8", ".svc")))
    expected = ("HTTPS_PROXY=http://proxy.example:3128", "NO_PROXY=10.0.0.0/8,.svc")
    assert kube_apiserver(cluster, cluster.hosts[0], 10).env == expected
    assert kube_controller_manager(cluster).env == expected
    assert kube_scheduler(cluster).env == ()


def test_without_a_proxy_there_is_no_exception_from_it(cluster):
    cluster = replace(cluster, proxy=Proxy(no_proxy=(".svc",)))
    assert kube_controller_manager(cluster).env == ()


def test_tokens_are_verified_with_the_certificate_and_signed_with_the_key(cluster):
    command = kube_apiserver(cluster, cluster.hosts[0], 10).command
    assert flag_value(command, "service-account-key-file") == "/etc/kubernetes/ssl/kube-service-account-token.pem"
    signing = flag_value(command, "service-account-signing-key-file")
    assert signing == "/etc/kubernetes/ssl/kube-service-account-token-key.pem"


OWN = "https://kubernetes.default.svc.cluster.local"


@pytest.mark.parametrize(
    ("version", "issuers", "authority"),
    [
        pytest.param("v1.33.13", ("rke", OWN), None, id="half of its API servers and kubelets may be RKE's"),
        pytest.param("v1.34.4", (OWN, "rke"), "/etc/kubernetes/ssl/kube-ca.pem", id="none of them is"),
    ],
)
def test_in_a_cluster_that_rke_made_its_tokens_stay_good(cluster, version, issuers, authority):
    spec = kube_apiserver(replace(cluster, version=version, made_by_rke=True), cluster.hosts[0], 10)
    flags = [word.partition("=") for word in spec.command]
    assert tuple(value for name, _, value in flags if name == "--service-account-issuer") == issuers
    assert flag_value(spec.command, "api-audiences") == f"{OWN},unknown"
    assert flag_value(spec.command, "kubelet-certificate-authority") == authority
