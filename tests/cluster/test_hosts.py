import pytest

from rke_py.cluster.hosts import resolve_hosts
from rke_py.cluster.model import Role, Taint
from rke_py.config.load import load


def host(entry, top=""):
    text = f"nodes: [{{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker], {entry}}}]\n{top}"
    (only,) = resolve_hosts(load(text).config, "/home/op")
    return only


def test_a_host_is_named_by_its_address():
    only = host("")
    assert (only.name, only.address, only.internal_address) == ("192.0.2.1", "192.0.2.1", "192.0.2.1")
    assert only.roles == frozenset(Role)
    assert only.docker_socket == "/var/run/docker.sock"


def test_names_are_lower_case_and_addresses_as_written():
    only = host("hostname_override: Node-A, internal_address: Node-A.example.com")
    assert (only.name, only.internal_address) == ("node-a", "Node-A.example.com")


@pytest.mark.parametrize(
    ("entry", "top", "key_path"),
    [
        ("", "", "/home/op/.ssh/id_rsa"),
        ("", "ssh_key_path: ~/.ssh/cluster", "/home/op/.ssh/cluster"),
        ("ssh_key_path: keys/node", "ssh_key_path: ~/.ssh/cluster", "keys/node"),
        ("", "ssh_agent_auth: true", ""),
        ("ssh_key_path: /k", "ssh_agent_auth: true", "/k"),
        ("ssh_agent_auth: false", "ssh_agent_auth: true", "/home/op/.ssh/id_rsa"),
        ("ssh_key: '-----BEGIN PRIVATE KEY-----'", "ssh_key_path: /k", ""),
    ],
)
def test_which_key_a_host_is_reached_with(entry, top, key_path):
    assert host(entry, top).ssh.key_path == key_path


@pytest.mark.parametrize(
    ("entry", "top", "agent"),
    [("", "", False), ("", "ssh_agent_auth: true", True), ("ssh_agent_auth: true", "ssh_agent_auth: false", True)],
)
def test_a_nodes_own_agent_setting_wins(entry, top, agent):
    assert host(entry, top).ssh.agent is agent


@pytest.mark.parametrize(
    ("entry", "top", "cert_path"),
    [
        ("", "", ""),
        ("", "ssh_cert_path: ~/c", "/home/op/c"),
        ("ssh_cert_path: /d", "ssh_cert_path: ~/c", "/d"),
        ("ssh_key: '-----BEGIN PRIVATE KEY-----'", "ssh_cert_path: /c", "/c"),
        ("ssh_cert: text", "ssh_cert_path: /c", ""),
    ],
)
def test_which_certificate_a_host_is_reached_with(entry, top, cert_path):
    assert host(entry, top).ssh.cert_path == cert_path


def test_taints_of_the_roles_and_repeated_ones_are_dropped():
    taints = (
        "taints: [{key: a, value: '1', effect: NoSchedule}, {key: a, value: '2', effect: NoSchedule}, "
        "{key: a, effect: NoExecute}, {key: node-role.kubernetes.io/controlplane, value: 'true', effect: NoSchedule}]"
    )
    assert host(taints).taints == (
        Taint(key="a", value="1", effect="NoSchedule"),
        Taint(key="a", effect="NoExecute"),
    )


def test_the_bastion_takes_the_clusters_key(resolved):
    cluster = resolved("bastion_host: {address: 192.0.2.9, port: 2222, user: jump}\nssh_key_path: /k")
    assert cluster.bastion is not None
    assert (cluster.bastion.address, cluster.bastion.port, cluster.bastion.key_path) == ("192.0.2.9", 2222, "/k")
