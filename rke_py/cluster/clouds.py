"""``cloud_provider`` → the provider's name and its configuration file, written as RKE writes it to the byte.

The file's checksum is in the environment of three components: a byte that differs would restart them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import SecretStr

from rke_py.cluster.cloud_model import AWS, EXTERNAL_AWS, CloudProvider
from rke_py.config.schema.base import Section
from rke_py.config.schema.clouds import (
    AwsCloudConfig,
    AzureCloudConfig,
    CloudProviderConfig,
    OpenstackCloudConfig,
    VsphereCloudConfig,
)

_AWS_NAMES = {
    "zone": "Zone",
    "vpc": "VPC",
    "subnet_id": "SubnetID",
    "routetable_id": "RouteTableID",
    "role_arn": "RoleARN",
    "kubernetes_cluster_tag": "KubernetesClusterTag",
    "kubernetes_cluster_id": "KubernetesClusterID",
    "disable_security_group_ingress": "DisableSecurityGroupIngress",
    "elb_security_group": "ElbSecurityGroup",
    "disable_strict_zone_check": "DisableStrictZoneCheck",
}
_AWS_OVERRIDE_NAMES = {
    "service": "Service",
    "region": "Region",
    "url": "URL",
    "signing_region": "SigningRegion",
    "signing_method": "SigningMethod",
    "signing_name": "SigningName",
}
_AZURE_ORDER = (
    *("cloud", "tenant_id", "subscription_id", "resource_group", "location", "vnet_name", "vnet_resource_group"),
    *("subnet_name", "security_group_name", "security_group_resource_group", "route_table_name"),
    *("primary_availability_set_name", "vm_type", "primary_scale_set_name", "aad_client_id", "aad_client_secret"),
    *("aad_client_cert_path", "aad_client_cert_password", "cloud_provider_backoff", "cloud_provider_backoff_retries"),
    *("cloud_provider_backoff_exponent", "cloud_provider_backoff_duration", "cloud_provider_backoff_jitter"),
    *("cloud_provider_rate_limit", "cloud_provider_rate_limit_qps", "cloud_provider_rate_limit_bucket"),
    *("use_instance_metadata", "use_managed_identity_extension", "user_assigned_identity_id"),
    *("maximum_load_balancer_rule_count", "load_balancer_sku", "exclude_master_from_standard_lb", "tags"),
)
_AZURE_OPTIONAL = frozenset(
    {
        *("security_group_resource_group", "user_assigned_identity_id", "load_balancer_sku", "tags"),
        "exclude_master_from_standard_lb",
    }
)
"""Keys that are left out when they are empty; all others stand in the file whatever they hold."""

_VSPHERE_ORDER = (
    *("user", "password", "server", "port", "insecure_flag", "datacenters", "datacenter", "datastore"),
    *("working_dir", "soap_roundtrip_count", "vm_uuid", "vm_name"),
)
_VSPHERE_ALWAYS = frozenset({"user", "password", "insecure_flag", "soap_roundtrip_count"})
_INDENT = "        "
_NEXT = f"\n{_INDENT}"


def resolve_cloud(config: CloudProviderConfig) -> CloudProvider:
    """Return the cloud provider; of several the last one counts, in RKE's order: custom before all others."""
    name, text, secret = _chosen(config)
    return CloudProvider(
        name=name,
        config=SecretStr(text),
        secret=secret,
        metadata_hostname=name in (AWS, EXTERNAL_AWS) and bool(config.use_instance_metadata_hostname),
    )


def _chosen(config: CloudProviderConfig) -> tuple[str, str, bool]:
    """Return the provider's name, its file, and whether that holds a secret."""
    custom = config.custom_cloud_provider.get_secret_value()
    if custom:
        return config.name, custom, True
    if config.harvester_cloud_provider is not None:
        return "external", config.harvester_cloud_provider.cloud_config.get_secret_value(), True
    if config.vsphere_cloud_provider is not None:
        vsphere = config.vsphere_cloud_provider
        return config.name or "vsphere", _vsphere(vsphere), _holds_secret(vsphere)
    if config.openstack_cloud_provider is not None:
        openstack = config.openstack_cloud_provider
        return config.name or "openstack", _openstack(openstack), _holds_secret(openstack)
    if config.azure_cloud_provider is not None:
        azure = config.azure_cloud_provider
        return config.name or "azure", _azure(azure), _holds_secret(azure)
    if config.aws_cloud_provider is not None:
        return AWS, _aws(config.aws_cloud_provider), False
    return config.name, "", False


def _holds_secret(value: object) -> bool:
    """Tell whether a password stands anywhere in a block."""
    if isinstance(value, Section):
        return any(_holds_secret(getattr(value, name)) for name in type(value).model_fields)
    if isinstance(value, Mapping):
        return any(map(_holds_secret, value.values()))
    return isinstance(value, SecretStr) and bool(value.get_secret_value())


def _aws(block: AwsCloudConfig) -> str:
    """Return RKE's INI: names padded to the longest, an empty line after each section.

    RKE could not write ``service_override``; Kubernetes reads one numbered section for each.
    """
    sections = {"Global": _named(block.global_, _AWS_NAMES)}
    for number, override in enumerate(block.service_override.values(), start=1):
        sections[f'ServiceOverride "{number}"'] = _named(override, _AWS_OVERRIDE_NAMES)
    return "".join(_padded_section(title, values) for title, values in sections.items())


def _named(section: Section, names: Mapping[str, str]) -> dict[str, str]:
    values = ((written, _text(getattr(section, name))) for name, written in names.items())
    return {written: value for written, value in values if value not in ("", "false")}


def _padded_section(title: str, values: Mapping[str, str]) -> str:
    width = max(map(len, values), default=0)
    lines = [f"{name:<{width}} = {_ini_value(value)}\n" for name, value in values.items()]
    return f"[{title}]\n{''.join(lines)}\n"


def _ini_value(value: str) -> str:
    if "\n" in value or "`" in value:
        return f'"""{value}"""'
    return f'"{value}"' if value.strip() != value else value


def _azure(block: AzureCloudConfig) -> str:
    """Return RKE's JSON, whose levels are indented by empty lines."""
    fields = type(block).model_fields
    values = ((name, fields[name].alias or name, _plain(getattr(block, name))) for name in _AZURE_ORDER)
    kept = {key: value for name, key, value in values if name not in _AZURE_OPTIONAL or value not in ("", None)}
    return go_escaped(json.dumps(kept, indent="\n", ensure_ascii=False))


def go_escaped(text: str) -> str:
    """Return JSON with those characters escaped that Go escapes, so that the text could stand in HTML."""
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _openstack(block: OpenstackCloudConfig) -> str:
    sections = {
        "Global": block.global_,
        "LoadBalancer": block.load_balancer,
        "BlockStorage": block.block_storage,
        "Route": block.route,
        "Metadata": block.metadata,
    }
    return "\n".join(f"[{title}]\n{''.join(_openstack_lines(section))}" for title, section in sections.items())


def _openstack_lines(section: Section) -> Iterable[str]:
    for name in type(section).model_fields:
        value = _plain(getattr(section, name))
        if isinstance(value, str) and value:
            yield f'{_hyphened(name)} = "{value}"\n'
        elif not isinstance(value, str) and value:
            yield f"{_hyphened(name)} = {_text(value)}\n"


def _vsphere(block: VsphereCloudConfig) -> str:
    centers = "".join(
        f'\n[VirtualCenter "{server}"]\n{_vsphere_lines(center, _INDENT)}'
        for server, center in sorted(block.virtual_center.items())
    )
    workspace = "\n".join(f'{_INDENT}{_hyphened(name)} = "{value}"' for name, value in _texts(block.workspace))
    disk, network = block.disk.scsicontrollertype, block.network.public_network
    return (
        f"\n[Global]\n{_vsphere_lines(block.global_, '')}\n\n"
        f"{centers}\n\n"
        f"[Workspace]\n{workspace}\n\n"
        f"[Disk]{f'{_NEXT}scsicontrollertype = {disk}' if disk else ''}\n\n"
        f"[Network]{f'{_NEXT}public-network = {_quoted(network)}' if network else ''}\n"
    )


def _vsphere_lines(section: Section, indent: str) -> str:
    values = {name: _text(getattr(section, name)) for name in _VSPHERE_ORDER if name in type(section).model_fields}
    kept = {name: value for name, value in values.items() if value or name in _VSPHERE_ALWAYS}
    return "\n".join(f"{indent}{_hyphened(name)} = {_quoted(value)}" for name, value in kept.items())


def _quoted(value: str) -> str:
    return f'"{value}"'


def _texts(section: Section) -> Iterable[tuple[str, str]]:
    return ((name, _text(getattr(section, name))) for name in type(section).model_fields)


def _hyphened(name: str) -> str:
    return name.replace("_", "-")


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _text(value: Any) -> str:
    plain = _plain(value)
    return str(plain).lower() if isinstance(plain, bool) else str(plain)
