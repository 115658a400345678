"""What a valid cluster.yml may ask for and no release of the upstream family can do, with the way out.

These are not rows of ``unbuilt``: there is nothing to build. The program that is asked for is gone, or is not there.
"""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.clouds import CloudProviderConfig
from rke_py.config.schema.images import EcrConfig

_IN_TREE = {
    "aws": "Write name: external-aws and deploy Amazon's cloud controller manager (cloud-provider-aws).",
    "azure": "Write name: external and deploy cloud-provider-azure; azureCloudProvider may stay, it is its file.",
    "openstack": "Write name: external and deploy openstack-cloud-controller-manager; openstackCloudProvider may stay.",
    "vsphere": "Write name: external and deploy cloud-provider-vsphere and its CSI driver.",
}
"""The providers that were part of Kubernetes, and who took their place."""


def upstream_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what the releases of the upstream family cannot do, and what has no effect with them."""
    yield from _cloud(config.cloud_provider)
    yield from _runtime(config)
    yield from _ecr(config)
    webhook = config.authentication.webhook
    if webhook is not None and not _is_kubeconfig(webhook.config_file.get_secret_value()):
        path: Path = ("authentication", "webhook", "config_file")
        hint = "Put the text of one here, or the file's name under config_file_file."
        yield Finding(path=path, what="this is not the text of a kubeconfig", hint=hint)
    if config.authorization.mode.lower() == "none":
        what = "whoever can log in may do everything, every pod with a service account's token included"
        yield Finding(path=("authorization", "mode"), what=what, hint="Write mode: rbac.", warning=True)


def _is_kubeconfig(text: str) -> bool:
    return not text or all(f"{key}:" in text or f'"{key}"' in text for key in ("clusters", "contexts"))


def _cloud(cloud: CloudProviderConfig) -> Iterator[Finding]:
    blocks = {
        "aws": ("awsCloudProvider", cloud.aws_cloud_provider),
        "azure": ("azureCloudProvider", cloud.azure_cloud_provider),
        "openstack": ("openstackCloudProvider", cloud.openstack_cloud_provider),
        "vsphere": ("vsphereCloudProvider", cloud.vsphere_cloud_provider),
    }
    given = [name for name, (_, block) in blocks.items() if block is not None]
    other = cloud.harvester_cloud_provider is not None or bool(cloud.custom_cloud_provider.get_secret_value())
    named = cloud.name or (given[-1] if given and not other else "")
    if named in _IN_TREE:
        path: Path = ("cloud_provider", "name" if cloud.name else blocks[named][0])
        what = f"provider {named} is no longer part of Kubernetes: its clouds are reached by programs of their own"
        yield Finding(path=path, what=what, hint=_IN_TREE[named])
    if cloud.use_instance_metadata_hostname:
        what = "nodes have to be named in cluster.yml: each has a certificate of that name"
        hint = "Remove it, and write the name that the cloud gives a machine as its hostname_override."
        yield Finding(path=("cloud_provider", "useInstanceMetadataHostname"), what=what, hint=hint)


def _runtime(config: ClusterConfig) -> Iterator[Finding]:
    if config.enable_cri_dockerd:
        what = "pods run in containerd: nobody publishes cri-dockerd as an image, and nothing is installed on hosts"
        hint = "Write enable_cri_dockerd: false. containerd is there with Docker; see docs/how-to/prepare-hosts.md."
        yield Finding(path=("enable_cri_dockerd",), what=what, hint=hint)
    for key in ("cri_dockerd_stream_server_address", "cri_dockerd_stream_server_port"):
        if getattr(config, key):
            what = f"{key} has no effect: pods run in containerd"
            yield Finding(path=(key,), what=what, hint="Remove it.", warning=True, at_key=True)


def _ecr(config: ClusterConfig) -> Iterator[Finding]:
    """Find keys that differ: the kubelet calls one program for Amazon's registries, with one environment."""
    first: EcrConfig | None = None
    for index, registry in enumerate(config.private_registries):
        keys = registry.ecr_credential_plugin
        if keys is None:
            continue
        first = first or keys
        if keys != first:
            what = "the keys differ from those of another registry, and the kubelet has one set for all of Amazon's"
            hint = "Use keys of a user who may read all of them, or none: then the machine's own role is used."
            path: Path = ("private_registries", index, "ecr_credential_plugin")
            yield Finding(path=path, what=what, hint=hint, at_key=True)
