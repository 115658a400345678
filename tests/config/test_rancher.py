import pytest

from rke_py.config.load import load
from rke_py.errors import ConfigError

_SNAKE = """\
answers: {}
docker_root_dir: /var/lib/docker
enable_network_policy: false
local_cluster_auth_endpoint: {enabled: false}
name: demo
rancher_kubernetes_engine_config:
  addon_job_timeout: 45
  authentication: {strategy: x509|webhook}
  kubernetes_version: v1.20.15-rancher2-2
  network: {mtu: 0, options: {flannel_backend_type: vxlan}, plugin: canal}
  nodes: [{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker], hostname_override: n1}]
  services:
    etcd:
      backup_config: {enabled: true, interval_hours: 12, retention: 6, safe_timestamp: false, timeout: 300}
      creation: 12h
    kube-api: {pod_security_policy: false, service_node_port_range: 30000-32767}
    kubelet: {extra_args: {max-pods: 200}}
  upgrade_strategy:
    max_unavailable_worker: 10%
    node_drain_input: {delete_local_data: false, ignore_daemon_sets: true, grace_period: -1}
windows_prefered_cluster: false
"""
_CAMEL = """\
rancherKubernetesEngineConfig:
  addonJobTimeout: 45
  kubernetesVersion: v1.20.15-rancher2-2
  nodes: [{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker], hostnameOverride: n1}]
  services:
    etcd: {backupConfig: {s3BackupConfig: {bucketName: b, endpoint: e}}}
    kubeApi: {serviceNodePortRange: 30000-32767}
    kubelet: {extraArgs: {max-pods: 200}}
  cloudProvider: {vsphereCloudProvider: {virtualCenter: {vc.example.com: {soap-roundtrip-count: 3}}}}
  upgradeStrategy: {nodeDrainInput: {ignoreDaemonSets: false}}
"""


def what(problems):
    return [problem.what for problem in problems]


def test_snake_case():
    loaded = load(_SNAKE)
    config = loaded.config
    assert what(loaded.warnings)[0].startswith("this is Rancher's export of a cluster")
    assert (config.kubernetes_version, config.addon_job_timeout) == ("v1.20.15-rancher2-2", 45)
    assert config.services.kubelet.extra_args == {"max-pods": "200"}
    assert config.upgrade_strategy.node_drain_input.ignore_daemonsets


def test_camel_case():
    config = load(_CAMEL).config
    assert config.nodes[0].hostname_override == "n1"
    assert config.services.kube_api.service_node_port_range == "30000-32767"
    assert config.services.kubelet.extra_args == {"max-pods": "200"}
    assert config.services.etcd.backup_config.s3_backup_config.bucket_name == "b"
    assert config.cloud_provider.vsphere_cloud_provider.virtual_center["vc.example.com"].soap_roundtrip_count == 3
    assert not config.upgrade_strategy.node_drain_input.ignore_daemonsets


def test_nodes_beside_it_are_taken():
    inner = "rancher_kubernetes_engine_config: {cluster_name: a}\n"
    nodes = "nodes: [{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker]}]\n"
    loaded = load(inner + nodes)
    assert len(loaded.config.nodes) == 1
    assert loaded.warnings[0].hint == ""


def test_without_nodes_it_says_where_they_are():
    with pytest.raises(ConfigError) as raised:
        load("rancher_kubernetes_engine_config: {cluster_name: a}\n")
    assert what(raised.value.problems) == [
        "this is Rancher's export of a cluster; the keys beside this one are Rancher's own and not read",
        "there are no nodes",
    ]
    assert "list them under nodes" in raised.value.problems[0].hint


def test_a_fault_inside_has_its_line():
    with pytest.raises(ConfigError) as raised:
        load(_CAMEL.replace("addonJobTimeout: 45", "addonJobTimeout: soon"))
    assert "cluster.yml:2:20 addon_job_timeout" in [problem.where for problem in raised.value.problems]


@pytest.mark.parametrize("key", ["max-pods", "maxPods", "max_pods"])
def test_free_keys_are_left_alone(key):
    config = load(_CAMEL.replace("max-pods", key)).config
    assert list(config.services.kubelet.extra_args) == [key]


def test_anchors_are_followed():
    text = """\
rancherKubernetesEngineConfig:
  services: {kubeApi: &same {extraArgs: {v: 2}}, kubeController: *same}
  nodes: [{<<: &node {address: 192.0.2.1, user: u, sshKeyPath: a}, role: [etcd, controlplane, worker]}]
"""
    config = load(text).config
    assert config.services.kube_controller.extra_args == config.services.kube_api.extra_args == {"v": "2"}
