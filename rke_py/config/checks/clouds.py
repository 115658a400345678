"""``cloud_provider``: blocks that a provider cannot do without, and releases that no longer know one."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig
from rke_py.config.versions import rke_version

_BLOCKS = {
    "azure": ("azureCloudProvider", "azure_cloud_provider"),
    "openstack": ("openstackCloudProvider", "openstack_cloud_provider"),
    "vsphere": ("vsphereCloudProvider", "vsphere_cloud_provider"),
    "harvester": ("harvesterCloudProvider", "harvester_cloud_provider"),
}
_NO_AWS = (1, 27, 0)
_SCSI = ("", "pvscsi", "lsilogic-sas", "buslogic", "lsilogic")
_PATH: Path = ("cloud_provider",)


def cloud_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what keeps a cloud's components from starting."""
    cloud, version = config.cloud_provider, rke_version(config)
    custom = bool(cloud.custom_cloud_provider.get_secret_value())
    given = [name for name, (_, attribute) in _BLOCKS.items() if getattr(cloud, attribute) is not None]
    if cloud.name in _BLOCKS and cloud.name not in given and not custom:
        block = _BLOCKS[cloud.name][0]
        what = f"provider {cloud.name} needs {block}"
        yield Finding(path=(*_PATH, "name"), what=what, hint=f"Write {block}: with its settings.")
    if custom and not cloud.name:
        what = "customCloudProvider needs the provider's name"
        yield Finding(path=(*_PATH, "customCloudProvider"), what=what, hint="Write name: for it.", at_key=True)
    if cloud.aws_cloud_provider is not None:
        given.insert(0, "aws")
    chosen = "aws" if cloud.aws_cloud_provider is not None or cloud.name == "aws" else cloud.name
    if chosen == "aws" and version and version >= _NO_AWS and not custom and given in ([], ["aws"]):
        what = "provider aws is gone from Kubernetes v1.27"
        hint = "Use external-aws and deploy Amazon's own cloud controller manager."
        yield Finding(path=(*_PATH, "name") if cloud.name else (*_PATH, "awsCloudProvider"), what=what, hint=hint)
    if len(given) > 1:
        what = f"blocks of several providers are here: {', '.join(given)}; {given[-1]} counts"
        yield Finding(path=_PATH, what=what, hint="Keep one.", warning=True, at_key=True)
    harvester = cloud.harvester_cloud_provider
    if harvester is not None and not harvester.cloud_config.get_secret_value():
        path = (*_PATH, "harvesterCloudProvider", "cloud_config")
        yield Finding(path=path, what="harvester needs cloud_config", hint="Put the text of its kubeconfig here.")
    azure = cloud.azure_cloud_provider
    if azure is not None and azure.vm_type not in ("", "standard", "vmss"):
        path = (*_PATH, "azureCloudProvider", "vmType")
        yield Finding(path=path, what=f"'{azure.vm_type}' is not a vmType", hint="Use standard or vmss.")
    if azure is not None and azure.load_balancer_sku not in ("", "basic", "standard"):
        path = (*_PATH, "azureCloudProvider", "loadBalancerSku")
        what = f"'{azure.load_balancer_sku}' is not a loadBalancerSku"
        yield Finding(path=path, what=what, hint="Use basic or standard.")
