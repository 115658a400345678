import pytest

GATED = "{feature-gates: 'A=true,DisableCloudProviders=false'}"
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
        (
            "v1.25.9-rancher2-1",
            "{openstackCloudProvider: {load_balancer: {use-octavia: true, monitor-max-retries: 3}}}",
            [],
        ),
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
            "v1.25.9-rancher2-1",
            "{azureCloudProvider: {}, openstackCloudProvider: {}}",
            ["~cloud_provider: blocks of several providers are here: azure, openstack; openstack counts"],
        ),
    ],
)
def test_clouds(told, version, block, said):
    assert told(f"kubernetes_version: {version}\ncloud_provider: {block}") == said


@pytest.mark.parametrize(
    ("version", "block", "said"),
    [
        ("v1.25.16-rancher2-3", "{name: openstack, openstackCloudProvider: {}}", []),
        (
            OLD,
            "{name: openstack, openstackCloudProvider: {}}",
            ["name: provider openstack is gone from Kubernetes v1.26"],
        ),
        ("v1.28.9-rancher1-1", "{name: azure, azureCloudProvider: {}}", []),
        (
            "v1.31.9-rancher1-1",
            "{name: azure, azureCloudProvider: {}}",
            ["name: provider azure is gone from Kubernetes v1.31"],
        ),
        (
            "v1.32.2-rancher1-1",
            "{vsphereCloudProvider: {}}",
            ["vsphereCloudProvider: provider vsphere is gone from Kubernetes v1.31"],
        ),
        ("v1.32.2-rancher1-1", "{name: azure, customCloudProvider: text}", []),
        (
            "v1.32.2-rancher1-1",
            "{name: external, azureCloudProvider: {}}",
            ["name: provider azure is gone from Kubernetes v1.31"],
        ),
        ("v1.32.2-rancher1-1", "{name: external}", []),
    ],
)
def test_a_provider_that_kubernetes_has_no_more(told, version, block, said):
    found = told(f"kubernetes_version: {version}\ncloud_provider: {block}")
    assert found == [f"cloud_provider.{what}" for what in said]


@pytest.mark.parametrize("version", ["v1.29.9-rancher1-1", "v1.30.5-rancher1-1"])
def test_one_that_a_feature_gate_lets_run(told, version):
    text = f"kubernetes_version: {version}\ncloud_provider: {{name: vsphere, vsphereCloudProvider: {{}}}}\n"
    (found,) = told(text)
    assert found.startswith("~cloud_provider.name: Kubernetes v1.29 and v1.30 start with provider vsphere only where")
    gates = "".join(f"  {name}: {{extra_args: {GATED}}}\n" for name in ("kube-api", "kube-controller", "kubelet"))
    assert told(f"{text}services:\n{gates}") == []
