"""``cloud_provider``: the configuration file of one cloud, key by key as RKE spells them.

The keys of AWS, OpenStack and vSphere are written with hyphens, those of Azure in camel case; blocks that are left out
are None, since the presence of one selects its provider.
"""

from __future__ import annotations

from pydantic import ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel

from rke_py.config.schema.base import Section
from rke_py.config.values import Flag, Number, Secret, Text

_NO_SECRET = SecretStr("")


def _hyphened(name: str) -> str:
    return name.replace("_", "-")


class Hyphened(Section):
    """A map whose keys are written with hyphens."""

    model_config = ConfigDict(alias_generator=_hyphened)


class CamelCased(Section):
    """A map whose keys are written in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class AwsGlobalConfig(Hyphened):
    """``awsCloudProvider.global``."""

    zone: Text = ""
    vpc: Text = ""
    subnet_id: Text = ""
    routetable_id: Text = ""
    role_arn: Text = ""
    kubernetes_cluster_tag: Text = ""
    kubernetes_cluster_id: Text = ""
    disable_security_group_ingress: Flag = False
    elb_security_group: Text = ""
    disable_strict_zone_check: Flag = False


class AwsServiceOverrideConfig(Hyphened):
    """One entry of ``awsCloudProvider.service_override``."""

    service: Text = ""
    region: Text = ""
    url: Text = ""
    signing_region: Text = ""
    signing_method: Text = ""
    signing_name: Text = ""


class AwsCloudConfig(Section):
    """``awsCloudProvider``."""

    global_: AwsGlobalConfig = Field(AwsGlobalConfig(), alias="global")
    service_override: dict[Text, AwsServiceOverrideConfig] = Field(default_factory=dict)


class AzureCloudConfig(CamelCased):
    """``azureCloudProvider``; the same names stand in the JSON file that the components read."""

    cloud: Text = ""
    tenant_id: Text = ""
    subscription_id: Text = ""
    resource_group: Text = ""
    location: Text = ""
    vnet_name: Text = ""
    vnet_resource_group: Text = ""
    subnet_name: Text = ""
    security_group_name: Text = ""
    security_group_resource_group: Text = ""
    route_table_name: Text = ""
    primary_availability_set_name: Text = ""
    vm_type: Text = ""
    primary_scale_set_name: Text = ""
    aad_client_id: Text = ""
    aad_client_secret: Secret = _NO_SECRET
    aad_client_cert_path: Text = ""
    aad_client_cert_password: Secret = _NO_SECRET
    user_assigned_identity_id: Text = Field("", alias="userAssignedIdentityID")
    load_balancer_sku: Text = ""
    tags: Text = ""
    cloud_provider_backoff: Flag = False
    cloud_provider_backoff_retries: Number = 0
    cloud_provider_backoff_exponent: Number = 0
    cloud_provider_backoff_duration: Number = 0
    cloud_provider_backoff_jitter: Number = 0
    cloud_provider_rate_limit: Flag = False
    cloud_provider_rate_limit_qps: Number = Field(0, alias="cloudProviderRateLimitQPS")
    cloud_provider_rate_limit_bucket: Number = 0
    use_instance_metadata: Flag = False
    use_managed_identity_extension: Flag = False
    maximum_load_balancer_rule_count: Number = 0
    exclude_master_from_standard_lb: Flag | None = Field(None, alias="excludeMasterFromStandardLB")


class OpenstackGlobalConfig(Hyphened):
    """``openstackCloudProvider.global``."""

    auth_url: Text = ""
    username: Text = ""
    user_id: Text = ""
    password: Secret = _NO_SECRET
    tenant_id: Text = ""
    tenant_name: Text = ""
    trust_id: Text = ""
    domain_id: Text = ""
    domain_name: Text = ""
    region: Text = ""
    ca_file: Text = ""


class OpenstackLoadBalancerConfig(Hyphened):
    """``openstackCloudProvider.load_balancer``."""

    lb_version: Text = ""
    use_octavia: Flag = False
    subnet_id: Text = ""
    floating_network_id: Text = ""
    lb_method: Text = ""
    lb_provider: Text = ""
    create_monitor: Flag = False
    monitor_delay: Text = ""
    monitor_timeout: Text = ""
    monitor_max_retries: Number = 0
    manage_security_groups: Flag = False


class OpenstackBlockStorageConfig(Hyphened):
    """``openstackCloudProvider.block_storage``."""

    bs_version: Text = ""
    trust_device_path: Flag = False
    ignore_volume_az: Flag = False


class OpenstackRouteConfig(Hyphened):
    """``openstackCloudProvider.route``."""

    router_id: Text = ""


class OpenstackMetadataConfig(Hyphened):
    """``openstackCloudProvider.metadata``."""

    search_order: Text = ""
    request_timeout: Number = 0


class OpenstackCloudConfig(Section):
    """``openstackCloudProvider``."""

    global_: OpenstackGlobalConfig = Field(OpenstackGlobalConfig(), alias="global")
    load_balancer: OpenstackLoadBalancerConfig = OpenstackLoadBalancerConfig()
    block_storage: OpenstackBlockStorageConfig = OpenstackBlockStorageConfig()
    route: OpenstackRouteConfig = OpenstackRouteConfig()
    metadata: OpenstackMetadataConfig = OpenstackMetadataConfig()


class VsphereGlobalConfig(Hyphened):
    """``vsphereCloudProvider.global``."""

    user: Text = ""
    password: Secret = _NO_SECRET
    server: Text = ""
    port: Text = ""
    insecure_flag: Flag = False
    datacenter: Text = ""
    datacenters: Text = ""
    datastore: Text = ""
    working_dir: Text = ""
    soap_roundtrip_count: Number = 0
    vm_uuid: Text = ""
    vm_name: Text = ""


class VsphereVirtualCenterConfig(Hyphened):
    """One entry of ``vsphereCloudProvider.virtual_center``, by the server's name."""

    user: Text = ""
    password: Secret = _NO_SECRET
    port: Text = ""
    datacenters: Text = ""
    soap_roundtrip_count: Number = 0


class VsphereNetworkConfig(Hyphened):
    """``vsphereCloudProvider.network``."""

    public_network: Text = ""


class VsphereDiskConfig(Hyphened):
    """``vsphereCloudProvider.disk``."""

    scsicontrollertype: Text = ""


class VsphereWorkspaceConfig(Hyphened):
    """``vsphereCloudProvider.workspace``."""

    server: Text = ""
    datacenter: Text = ""
    folder: Text = ""
    default_datastore: Text = ""
    resourcepool_path: Text = ""


class VsphereCloudConfig(Section):
    """``vsphereCloudProvider``."""

    global_: VsphereGlobalConfig = Field(VsphereGlobalConfig(), alias="global")
    virtual_center: dict[Text, VsphereVirtualCenterConfig] = Field(default_factory=dict)
    network: VsphereNetworkConfig = VsphereNetworkConfig()
    disk: VsphereDiskConfig = VsphereDiskConfig()
    workspace: VsphereWorkspaceConfig = VsphereWorkspaceConfig()


class HarvesterCloudConfig(Section):
    """``harvesterCloudProvider``: the file as it is, a kubeconfig."""

    cloud_config: Secret = _NO_SECRET


class CloudProviderConfig(CamelCased):
    """``cloud_provider``; ``customCloudProvider`` is the text of the file for a provider of another name."""

    name: Text = ""
    use_instance_metadata_hostname: Flag | None = None
    aws_cloud_provider: AwsCloudConfig | None = None
    azure_cloud_provider: AzureCloudConfig | None = None
    openstack_cloud_provider: OpenstackCloudConfig | None = None
    vsphere_cloud_provider: VsphereCloudConfig | None = None
    harvester_cloud_provider: HarvesterCloudConfig | None = None
    custom_cloud_provider: Secret = _NO_SECRET
