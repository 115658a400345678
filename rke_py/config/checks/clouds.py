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
_OFF_SINCE = (1, 29, 0)
_GATE = "DisableCloudProviders"
_GONE_SINCE = {"aws": (1, 27, 0), "openstack": (1, 26, 0), "azure": (1, 31, 0), "vsphere": (1, 31, 0)}
"""The providers that were part of Kubernetes, and the releases that have them no more."""

_SCSI = ("", "pvscsi", "lsilogic-sas", "buslogic", "lsilogic")
_PATH: Path = ("cloud_provider",)


def cloud_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what keeps a cloud's components from starting."""
    cloud = config.cloud_provider
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
    if not custom:
        yield from _gone(config, given[-1] if given else cloud.name)
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


def _gone(config: ClusterConfig, provider: str) -> Iterator[Finding]:
    """Yield that Kubernetes has no code for a provider any more, or does not run it unless a feature gate says so.

    Since v1.29 ``DisableCloudProviders`` is on, and since v1.31 there is none left (KEP-2395); OpenStack's went with
    v1.26, Amazon's with v1.27.
    """
    version, cloud = rke_version(config), config.cloud_provider
    if version is None or provider not in _GONE_SINCE:
        return
    path, since = (*_PATH, "name" if cloud.name else f"{provider}CloudProvider"), _GONE_SINCE[provider]
    name = "external-aws" if provider == "aws" else "external"
    hint = f"Write name: {name} without {provider}CloudProvider, and deploy the cloud's own controller manager."
    if version >= since:
        what = f"provider {provider} is gone from Kubernetes v{since[0]}.{since[1]}"
        yield Finding(path=path, what=what, hint=hint)
    elif version >= _OFF_SINCE and not _is_let(config):
        what = f"Kubernetes v1.29 and v1.30 start with provider {provider} only where the feature gate {_GATE} is false"
        yield Finding(path=path, what=what, hint=hint, warning=True)


def _is_let(config: ClusterConfig) -> bool:
    services = config.services
    components = (services.kube_api, services.kube_controller, services.kubelet)
    return all(f"{_GATE}=false" in component.extra_args.get("feature-gates", "") for component in components)
