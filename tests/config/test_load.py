from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rke_py.config.findings import Finding
from rke_py.config.load import load
from rke_py.errors import ConfigError

_CASES = Path(__file__).parent / "cases"

_ONE_NODE = "nodes: [{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker]}]\n"

_FAULTY = """\
cluster_name: demo
nodes:
  - address: 192.0.2.1
    user: ubuntu
    port: twenty-two
    role: worker
  - address: 192.0.2.2
    usr: ubuntu
    role: [controlplane, etdc]
services:
  kubelet:
    cluster_dns_server: 10.0.0.10
ingress:
  provider: ngnix
"""


def test_all_faults_are_told_at_once_in_the_files_order():
    with pytest.raises(ConfigError) as raised:
        load(_FAULTY)
    assert [(problem.where, problem.what) for problem in raised.value.problems] == [
        ("cluster.yml:5:11 nodes[0].port", "'twenty-two' is not a port"),
        ("cluster.yml:6:11 nodes[0].role", "'worker' stands here; a list is wanted"),
        ("cluster.yml:7:5 nodes[1].user", "the node has no user"),
        ("cluster.yml:8:5 nodes[1].usr", "usr is not a key of nodes[]"),
        ("cluster.yml:9:26 nodes[1].role[1]", "'etdc' is not a role"),
        (
            "cluster.yml:12:25 services.kubelet.cluster_dns_server",
            "10.0.0.10 lies outside the Service range 10.43.0.0/16",
        ),
        ("cluster.yml:14:13 ingress.provider", "'ngnix' is not a provider of ingress"),
    ]


def test_the_error_counts_the_faults_and_exits_as_a_configuration_error():
    with pytest.raises(ConfigError, match=r"^demo\.yml has 7 faults") as raised:
        load(_FAULTY, source="demo.yml")
    assert raised.value.exit_code == 2


def test_what_rke_config_writes_is_accepted_in_silence():
    loaded = load((_CASES / "rke-config.yml").read_text())
    assert loaded.warnings == ()
    assert loaded.config.nodes[0].role == ("controlplane", "worker", "etcd")


def test_the_oldest_files_are_read_with_a_notice_for_each_key_that_is_gone():
    loaded = load((_CASES / "rke-0.0.yml").read_text())
    gone = [problem.where.split()[1] for problem in loaded.warnings if "older RKE" in problem.what]
    assert gone == ["auth", "network.options.flannel_image", "network.options.flannel_cni_image"]
    assert loaded.config.services.kube_api.extra_args == {"v": "4"}


def test_what_rancher_exports_is_read():
    loaded = load((_CASES / "rancher.yml").read_text())
    assert loaded.config.services.etcd.extra_args == {"election-timeout": "5000", "heartbeat-interval": "500"}
    assert loaded.config.upgrade_strategy.node_drain_input.ignore_daemonsets


def test_findings_of_further_checks_join_the_others():
    def check(config):
        yield Finding(path=("cluster_name",), what=f"{config.cluster_name} is a silly name", warning=True)

    loaded = load(_ONE_NODE + "cluster_name: demo\n", checks=(check,))
    assert [str(problem) for problem in loaded.warnings] == ["cluster.yml:2:15 cluster_name: demo is a silly name"]


def test_no_secret_is_in_a_message_or_a_representation():
    secrets = ("hunter2", "c0rrect-horse", "s3cret-token")
    text = """\
nodes:
  - {address: 192.0.2.1, user: ubuntu, role: [etcd, controlplane, worker], ssh_key: hunter2}
private_registries:
  - {url: registry.example.com, password: c0rrect-horse}
  - {url: two.example.com, password: [c0rrect-horse]}
services: {etcd: {extra_env: [s3cret-token], image: {}}, kubelet: {extra_env: {A: s3cret-token}}}
"""
    with pytest.raises(ConfigError) as raised:
        load(text)
    told = repr(raised.value.problems) + str(raised.value)
    assert not [secret for secret in secrets if secret in told]


def test_a_loaded_configuration_hides_its_secrets():
    loaded = load(_ONE_NODE + "private_registries: [{url: registry.example.com, user: u, password: hunter2}]\n")
    assert "hunter2" not in repr(loaded)
    assert loaded.config.private_registries[0].password.get_secret_value() == "hunter2"


def test_dot_keys_hold_anchors_and_merge_keys_bring_them_in():
    text = """\
.node: &node
  user: ubuntu
  port: 2222
nodes:
  - {<<: *node, address: 192.0.2.1, role: [etcd, controlplane, worker], port: 22}
"""
    (node,) = load(text).config.nodes
    assert (node.user, node.port) == ("ubuntu", "22")


def test_a_fault_inside_a_merged_map_points_at_the_anchor():
    text = """\
.node: &node
  port: high
nodes:
  - {<<: *node, user: u, address: 192.0.2.1, role: [etcd, controlplane, worker]}
"""
    with pytest.raises(ConfigError) as raised:
        load(text)
    assert raised.value.problems[0].where == "cluster.yml:2:9 nodes[0].port"


def test_a_map_that_is_merged_into_itself_is_a_fault_in_its_place():
    with pytest.raises(ConfigError) as raised:
        load(_ONE_NODE + "services: &services {<<: *services}\n")
    assert [problem.what for problem in raised.value.problems] == ["an anchor repeats without end"]
    assert "services" in raised.value.problems[0].where


@given(st.text(alphabet="abn:-[]{}&*<!|>'\"#\n \t0", max_size=60))
def test_text_without_nodes_is_refused_with_reasons(text):
    with pytest.raises(ConfigError) as raised:
        load(text)
    assert raised.value.problems
