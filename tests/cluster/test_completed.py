import pytest

from rke_py.cluster.completed import completed
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.config.rke_json import to_rke_json

_NODES = """\
nodes:
  - {address: 192.0.2.1, hostname_override: CP-1, user: ubuntu, role: [controlplane, etcd]}
  - {address: w-1, internal_address: 10.0.0.2, user: ubuntu, port: 2222, role: [worker], ssh_agent_auth: true}
"""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kubernetes_version: v1.33.13\nnetwork: {plugin: none}",
        "private_registries: [{url: a.io, is_default: true}]\nsystem_images: {kubernetes: 'a/b:c'}",
        "services: {kube-controller: {service_cluster_ip_range: 10.96.0.0/12, cluster_cidr: 10.244.0.0/16}}",
        "network: {flannel_network_provider: {iface: eth1}}\nmonitoring: {replicas: 0}",
        "kubernetes_version: v1.32.2-rancher1-1\nprivate_registries: [{url: a.io, is_default: true}]",
        "kubernetes_version: v1.20.15-rancher2-2\nservices: {kube-api: {audit_log: {enabled: false}}}",
        "kubernetes_version: v1.24.17-rancher1-1\nservices: {kube-api: {audit_log: {enabled: on, configuration: {}}}}",
        "kubernetes_version: v1.24.17-rancher1-1\nservices: {kube-api: {audit_log: {configuration: {max_age: 1}}}}",
        "kubernetes_version: v1.24.17-rancher1-1\n"
        "services: {kube-api: {service_cluster_ip_range: 10.96.0.0/12}, kubelet: {cluster_dns_server: 10.96.0.10}}",
        "services: {kube-api: {audit_log: {enabled: true, configuration: {max_age: 0, policy: {rules: []}}}}}",
        "services: {kube-api: {audit_log: {enabled: false}, event_rate_limit: {enabled: true}}}",
        "services: {kube-api: {secrets_encryption_config: {enabled: true}, pod_security_configuration: baseline}}",
        "services: {kube-api: {extra_args: {admission-control-config-file: /a, audit-policy-file: /b}}}",
        "authorization: {mode: none}\nauthentication: {strategy: x509|webhook}",
        "pki: {key_algorithm: rsa-2048}\nupgrade_strategy: {drain: true}\nproxy: {http: 'http://p:1'}",
    ],
)
def test_a_completed_configuration_asks_for_the_same_cluster(text):
    config = load(_NODES + text).config
    cluster = resolve(config)
    assert resolve(completed(config, cluster), running_version="v1.33.0") == cluster


def test_defaults_are_written_out_as_in_rkes_state():
    config = load(_NODES).config
    written = to_rke_json(completed(config, resolve(config, running_version="v1.33.13")))
    assert written["kubernetesVersion"] == "v1.33.13"
    assert written["clusterName"] == "local"
    assert written["services"]["kubelet"]["clusterDnsServer"] == "10.43.0.10"
    assert written["services"]["kubeApi"]["podSecurityConfiguration"] == "privileged"
    assert written["services"]["kubeApi"]["auditLog"]["configuration"]["maxAge"] == 30
    assert written["systemImages"]["kubeApiserver"] == "registry.k8s.io/kube-apiserver:v1.33.13"
    assert written["nodes"][0] == {
        "address": "192.0.2.1",
        "internalAddress": "192.0.2.1",
        "hostnameOverride": "cp-1",
        "port": "22",
        "user": "ubuntu",
        "role": ["controlplane", "etcd"],
        "dockerSocket": "/var/run/docker.sock",
    }


def test_what_rke_does_unasked_is_written_out_for_its_own_releases():
    config = load(_NODES + "kubernetes_version: v1.32.2-rancher1-1\n").config
    written = to_rke_json(completed(config, resolve(config)))
    etcd, api = written["services"]["etcd"], written["services"]["kubeApi"]
    assert (etcd["snapshot"], etcd["creation"], etcd["retention"]) == (True, "12h", "72h")
    assert api["podSecurityConfiguration"] == "privileged"
    assert api["auditLog"]["configuration"]["maxAge"] == 30
    assert written["enableCriDockerd"] is True
    assert written["systemImages"]["kubernetes"] == "rancher/hyperkube:v1.32.2-rancher1"
    assert "kubeApiserver" not in written["systemImages"]
