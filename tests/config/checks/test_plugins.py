import pytest


@pytest.mark.parametrize(
    ("version", "block", "said"),
    [
        ("v1.26.8-rancher1-1", "{plugin: weave}", []),
        (
            "v1.28.8-rancher1-1",
            "{plugin: weave}",
            ["~network.plugin: weave is not kept up any more from Kubernetes v1.27"],
        ),
        ("v1.30.4-rancher1-1", "{plugin: weave}", ["network.plugin: weave is gone from Kubernetes v1.30"]),
        ("v1.30.3-rancher1-1", "{plugin: calico, options: {calico_cloud_provider: none}}", []),
        (
            "v1.30.4-rancher1-1",
            "{plugin: calico, options: {calico_cloud_provider: none}}",
            ["~network.options.calico_cloud_provider: calico_cloud_provider has no effect from Kubernetes v1.30.4"],
        ),
        (
            "v1.30.3-rancher1-1",
            "{plugin: calico, canal_network_provider: {iface: eth0}}",
            ["~network.canal_network_provider: canal_network_provider has no effect with plugin calico"],
        ),
        ("v1.30.3-rancher1-1", "{weave_network_provider: {password: ''}, flannel_network_provider: {iface: ''}}", []),
        ("v1.30.3-rancher1-1", "{plugin: aci}", ["network.plugin: plugin aci needs aci_network_provider"]),
        ("v1.30.3-rancher1-1", "{mtu: 1400}", []),
        ("v1.30.3-rancher1-1", "{options: {canal_iface: eth0}}", []),
    ],
)
def test_a_plugin_of_a_release(told, version, block, said):
    assert told(f"kubernetes_version: {version}\nnetwork: {block}") == said
