from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rke_py.cluster.services import resolve_services
from rke_py.config.load import load

_ONE_NODE = "nodes: [{address: node-1, user: u, role: [etcd, controlplane, worker]}]\n"


def services(text):
    return resolve_services(load(_ONE_NODE + f"services: {text}").config)


def test_the_defaults_are_rkes():
    found = services("{}")
    assert [str(subnet) for subnet in (*found.cluster_cidr, *found.service_cluster_ip_range)] == [
        "10.42.0.0/16",
        "10.43.0.0/16",
    ]
    assert (found.cluster_domain, found.cluster_dns_server) == ("cluster.local", "10.43.0.10")
    assert found.service_node_port_range == "30000-32767"
    assert found.fail_swap_on is False


@pytest.mark.parametrize("key", ["kube-api", "kube-controller"])
def test_either_component_may_name_the_service_range(key):
    found = services(f"{{{key}: {{service_cluster_ip_range: 10.96.0.0/12}}}}")
    assert found.first_service_ips == ("10.96.0.1",)
    assert found.cluster_dns_server == "10.96.0.10"


def test_flags_of_both_blocks_are_joined():
    found = services("{kube-api: {extra_args: {v: 4, a: b}, extra_args_array: {v: [5, 6], c: [d]}}}")
    assert found.kube_api.flags == {"v": ("4", "5", "6"), "a": ("b",), "c": ("d",)}


@given(st.integers(12, 29), st.integers(0, 255))
def test_the_dns_server_is_a_free_address_of_the_range(bits, block):
    found = services(f"{{kube-api: {{service_cluster_ip_range: {_aligned(block, bits)}/{bits}}}}}")
    (subnet,) = found.service_cluster_ip_range
    server = ip_address(found.cluster_dns_server)
    assert server in subnet
    assert str(server) not in (str(subnet[0]), *found.first_service_ips, str(subnet[-1]))


def _aligned(block, bits):
    return ip_address(((172 << 24) | (block << 16)) >> (32 - bits) << (32 - bits))
