import pytest

OLD, NEW = "v1.26.8-rancher1-1", "v1.27.8-rancher1-1"


@pytest.mark.parametrize(
    ("version", "block", "said"),
    [
        (OLD, "{name: aws}", []),
        (NEW, "{name: external-aws}", []),
        (NEW, "{name: aws}", ["cloud_provider.name: provider aws is gone from Kubernetes v1.27"]),
        (
            NEW,
            "{name: external-aws, awsCloudProvider: {}}",
            ["cloud_provider.name: provider aws is gone from Kubernetes v1.27"],
        ),
        (NEW, "{name: azure}", ["cloud_provider.name: provider azure needs azureCloudProvider"]),
        (
            NEW,
            "{name: azure, azureCloudProvider: {vmType: vm, loadBalancerSku: gold}}",
            [
                "cloud_provider.azureCloudProvider.vmType: 'vm' is not a vmType",
                "cloud_provider.azureCloudProvider.loadBalancerSku: 'gold' is not a loadBalancerSku",
            ],
        ),
        (NEW, "{vsphereCloudProvider: {global: {user: u, port: '443'}}}", []),
        (NEW, "{openstackCloudProvider: {load_balancer: {use-octavia: true, monitor-max-retries: 3}}}", []),
        (
            NEW,
            "{harvesterCloudProvider: {}}",
            ["cloud_provider.harvesterCloudProvider.cloud_config: harvester needs cloud_config"],
        ),
        (
            NEW,
            "{customCloudProvider: text}",
            ["cloud_provider.customCloudProvider: customCloudProvider needs the provider's name"],
        ),
        (NEW, "{name: mine, customCloudProvider: text}", []),
        (
            NEW,
            "{azureCloudProvider: {}, openstackCloudProvider: {}}",
            ["~cloud_provider: blocks of several providers are here: azure, openstack; openstack counts"],
        ),
    ],
)
def test_clouds(told, version, block, said):
    assert told(f"kubernetes_version: {version}\ncloud_provider: {block}") == said
