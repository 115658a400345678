from rke_py.config.load import load
from rke_py.config.rke_json import Hiding, to_rke_json

_NODE = "nodes: [{address: 192.0.2.1, user: u, role: [controlplane, etcd, worker]}]\n"

_TEXT = """\
cluster_name: demo
kubernetes_version: v1.34.4
nodes:
  - address: 192.0.2.1
    internal_address: 10.0.0.1
    user: ubuntu
    port: 0022
    role: [controlplane, etcd, worker]
    hostname_override: n1
    ssh_key: "-----BEGIN PRIVATE KEY-----"
    labels: {zone_name: a, empty: ""}
    taints: [{key: dedicated, value: gpu, effect: NoSchedule}]
services:
  etcd:
    backup_config: {s3backupconfig: {endpoint: e, bucket_name: b, access_key: a, secret_key: k}}
    extra_args: {quota-backend-bytes: 10}
  kube-api: {service_cluster_ip_range: 10.43.0.0/16, extra_args_array: {v: [1, 2]}}
  kubelet: {fail_swap_on: false, cluster_dns_server: 10.43.0.10}
network:
  options: {flannel_iface: eth1}
  update_strategy: {strategy: RollingUpdate, rollingUpdate: {maxUnavailable: 1}}
dns:
  linear_autoscaler_params: {min: 2}
  tolerations: [{key: a, operator: Exists, effect: NoExecute, tolerationseconds: 30}]
private_registries: [{url: registry.example.com, user: u, password: hunter2, is_default: true}]
ingress: {provider: none, extra_envs: [{name: A, value: 1}]}
cloud_provider:
  name: vsphere
  vsphereCloudProvider:
    global: {insecure-flag: on}
    virtual_center: {vc.example.com: {user: u, soap-roundtrip-count: 3}}
  azureCloudProvider: {userAssignedIdentityID: a, aadClientSecret: b, excludeMasterFromStandardLB: false}
system_images: {calico_flexvol: "a/b:c", flannel_cni: "d/e:f"}
upgrade_strategy:
  drain: false
  node_drain_input: {ignore_daemonsets: false, timeout: 0}
ssh_key_path: ~/.ssh/id_ed25519
"""


def test_a_configuration_is_written_as_rke_writes_it():
    assert to_rke_json(load(_TEXT).config) == {
        "clusterName": "demo",
        "kubernetesVersion": "v1.34.4",
        "nodes": [
            {
                "address": "192.0.2.1",
                "internalAddress": "10.0.0.1",
                "user": "ubuntu",
                "port": "0022",
                "role": ["controlplane", "etcd", "worker"],
                "hostnameOverride": "n1",
                "sshKey": "-----BEGIN PRIVATE KEY-----",
                "labels": {"zone_name": "a", "empty": ""},
                "taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}],
            }
        ],
        "services": {
            "etcd": {
                "extraArgs": {"quota-backend-bytes": "10"},
                "backupConfig": {
                    "timeout": 0,
                    "s3BackupConfig": {"endpoint": "e", "bucketName": "b", "accessKey": "a", "secretKey": "k"},
                },
            },
            "kubeApi": {"serviceClusterIpRange": "10.43.0.0/16", "extraArgsArray": {"v": ["1", "2"]}},
            "kubelet": {"clusterDnsServer": "10.43.0.10"},
        },
        "network": {
            "options": {"flannel_iface": "eth1"},
            "updateStrategy": {"strategy": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
        },
        "dns": {
            "linearAutoscalerParams": {
                "coresPerReplica": 128,
                "nodesPerReplica": 4,
                "min": 2,
                "preventSinglePointFailure": True,
            },
            "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}],
        },
        "monitoring": {},
        "authentication": {},
        "authorization": {},
        "privateRegistries": [
            {"url": "registry.example.com", "user": "u", "password": "hunter2", "isDefault": True},
        ],
        "systemImages": {"calicoFlexVol": "a/b:c", "flannelCni": "d/e:f"},
        "upgradeStrategy": {
            "drain": False,
            "nodeDrainInput": {"ignoreDaemonSets": False, "gracePeriod": -1, "timeout": 0},
        },
        "sshKeyPath": "~/.ssh/id_ed25519",
        "bastionHost": {},
        "ingress": {"provider": "none", "extraEnvs": [{"name": "A", "value": 1}]},
        "cloudProvider": {
            "name": "vsphere",
            "vsphereCloudProvider": {
                "global": {"insecure-flag": True},
                "virtualCenter": {"vc.example.com": {"user": "u", "soap-roundtrip-count": 3}},
            },
            "azureCloudProvider": {
                "userAssignedIdentityID": "a",
                "aadClientSecret": "b",
                "excludeMasterFromStandardLB": False,
            },
        },
        "restore": {},
        "sshAgentAuth": False,
        "ignoreDockerVersion": False,
        "enableCriDockerd": None,
        "rotateEncryptionKey": False,
    }


def test_where_it_is_shown_something_stands_for_every_secret():
    text = f'{_TEXT}\nproxy: {{http: "http://me:hunter2@proxy.example:3128"}}\n'
    variables = "  kubeproxy: {extra_env: [A=1, DB_PASSWORD=hunter2]}\n"
    config = load(text.replace("network:\n", f"{variables}network:\n", 1)).config
    hiding = Hiding(secret=lambda _: "digest", variable=lambda text: text.replace("hunter2", "digest"))
    shown = to_rke_json(config, hiding)
    assert "hunter2" not in str(shown)
    assert "BEGIN PRIVATE KEY" not in str(shown)
    assert shown["nodes"][0]["sshKey"] == "digest"
    assert shown["privateRegistries"][0]["password"] == "digest"
    assert shown["proxy"] == {"http": "digest"}
    assert shown["services"]["kubeproxy"]["extraEnv"] == ["A=1", "DB_PASSWORD=digest"]
    assert to_rke_json(config)["privateRegistries"][0]["password"] == "hunter2"


def test_an_object_that_may_hold_a_secret_is_shown_as_one():
    variables = "{name: A, value: hunter2}, {name: B, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}"
    config = load(f"{_NODE}ingress: {{extra_envs: [{variables}]}}\n").config
    shown = to_rke_json(config, Hiding(secret=lambda _: "digest", variable=lambda text: text))
    assert shown["ingress"] == {"extraEnvs": ["digest", "digest"]}
