import pytest
from hypothesis import given
from hypothesis import strategies as st

from rke_py.cluster.addons import linear_replicas
from rke_py.config.schema.addons import LinearAutoscalerConfig


@pytest.mark.parametrize(
    ("parameters", "nodes", "cores", "replicas"),
    [
        ({}, 1, 0, 1),
        ({}, 2, 0, 2),
        ({}, 8, 0, 2),
        ({}, 9, 0, 3),
        ({}, 4, 1000, 8),
        ({"prevent_single_point_failure": False}, 4, 0, 1),
        ({"min": 3}, 1, 0, 3),
        ({"max": 5}, 100, 0, 5),
        ({"nodes_per_replica": 0}, 100, 0, 2),
        ({"nodes_per_replica": 1}, 3, 0, 3),
    ],
)
def test_replicas_follow_the_autoscalers_rule(parameters, nodes, cores, replicas):
    assert linear_replicas(LinearAutoscalerConfig(**parameters), nodes, cores) == replicas


@given(st.integers(1, 5000), st.integers(0, 50))
def test_more_nodes_never_mean_fewer_replicas(nodes, more):
    parameters = LinearAutoscalerConfig()
    assert 1 <= linear_replicas(parameters, nodes) <= linear_replicas(parameters, nodes + more)


def test_dns_has_two_replicas_on_two_nodes(resolved):
    assert resolved("").dns.replicas == 2


def test_the_provider_block_of_flannel_gives_way_to_the_option(resolved):
    block = "flannel_network_provider: {iface: eth1}"
    assert resolved(f"network: {{{block}}}").network.options == {"flannel_iface": "eth1"}
    both = resolved(f"network: {{{block}, options: {{flannel_iface: eth2}}}}")
    assert both.network.options == {"flannel_iface": "eth2"}


def test_tolerations_are_kubernetes_own(resolved):
    text = (
        "dns: {tolerations: [{key: a, operator: Exists, effect: NoExecute, tolerationseconds: 30}, {operator: Exists}]}"
    )
    assert resolved(text).dns.tolerations == (
        {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
        {"operator": "Exists"},
    )


def test_an_update_strategy_is_handed_on_as_written(resolved):
    text = "monitoring: {replicas: 0, update_strategy: {rollingUpdate: {maxUnavailable: 25%, maxSurge: 0}}}"
    monitoring = resolved(text).monitoring
    assert monitoring.update_strategy == {"rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 0}}
    assert monitoring.replicas == 0


def test_ingress_is_traefik_unless_told(resolved):
    ingress = resolved("").ingress
    assert (ingress.provider, ingress.network_mode, ingress.http_port, ingress.https_port) == (
        "traefik",
        "hostPort",
        80,
        443,
    )
    assert (ingress.default_backend, ingress.default_ingress_class) == (False, True)
    assert resolved("ingress: {provider: none}").ingress.provider == "none"


def test_ingress_keeps_kubernetes_own_objects(resolved):
    text = "ingress: {extra_envs: [{name: PORT, value: '8080'}], extra_volumes: [{name: a, hostPath: {path: /a}}]}"
    ingress = resolved(text).ingress
    assert ingress.extra_envs == ({"name": "PORT", "value": "8080"},)
    assert ingress.extra_volumes == ({"name": "a", "hostPath": {"path": "/a"}},)


def test_provider_blocks_become_options_whatever_the_plugin(resolved):
    text = (
        "network: {plugin: calico, canal_network_provider: {iface: eth1}, weave_network_provider: {password: secret},"
        " calico_network_provider: {cloudprovider: aws}, mtu: 1400}"
    )
    network = resolved(text).network
    assert network.options == {"canal_iface": "eth1", "WeavePassword": "secret", "calico_cloud_provider": "aws"}
    assert network.mtu == 1400
    assert "secret" not in repr(network)


def test_a_cache_on_nodes_needs_an_address(resolved):
    assert resolved("dns: {nodelocal: {}}").dns.nodelocal is None
    cluster = resolved("dns: {nodelocal: {ip_address: 169.254.20.10, node_local_dns_priority_class_name: a}}")
    assert cluster.dns.nodelocal is not None
    assert (cluster.dns.nodelocal.ip_address, cluster.dns.nodelocal.priority_class_name) == ("169.254.20.10", "a")
    assert cluster.dns_for_pods == "169.254.20.10"


def test_the_autoscaler_gets_its_parameters(resolved):
    scaling = resolved("dns: {linear_autoscaler_params: {min: 2, max: 5, nodes_per_replica: 8}}").dns.autoscaling
    assert (scaling.minimum, scaling.maximum, scaling.nodes_per_replica, scaling.cores_per_replica) == (2, 5, 8, 128)
