"""``network.aci_network_provider``: what Cisco ACI cannot do without, and what must stay as it is."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import SecretStr

from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig
from rke_py.config.versions import plugin_of

_REQUIRED = (
    *("system_id", "token", "apic_user_name", "apic_user_key", "apic_user_crt", "encap_type", "mcast_range_start"),
    *("mcast_range_end", "node_subnet", "aep", "vrf_name", "vrf_tenant", "l3out", "extern_dynamic", "extern_static"),
    *("node_svc_subnet", "kube_api_vlan", "service_vlan", "infra_vlan", "apic_hosts", "l3out_external_networks"),
)
_EMPTY = (
    *("ep_registry", "opflex_mode", "subnet_domain_name", "kafka_client_crt", "kafka_client_key"),
    *("overlay_vrf_name", "gbp_pod_subnet", "opflex_server_port"),
)
_FALSE = (
    *("use_opflex_server_volume", "use_host_netns_volume", "capic", "run_gbp_container"),
    *("run_opflex_server_container", "use_aci_anywhere_crd"),
)
_BLOCK: Path = ("network", "aci_network_provider")


def aci_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield the keys that are missing for plugin aci, and those that only a cloud would set."""
    if plugin_of(config) != "aci":
        return
    block = config.network.aci_network_provider
    if block is None:
        what = "plugin aci needs aci_network_provider"
        yield Finding(path=("network", "plugin"), what=what, hint="Write the block with the fabric's settings.")
        return
    options = config.network.options
    for key in _REQUIRED:
        if not _text(getattr(block, key)) and not options.get(f"aci_{key}"):
            yield Finding(path=(*_BLOCK, key), what=f"plugin aci needs {key}", hint=f"Write {key}: for it.")
    if block.encap_type not in ("", "vlan", "vxlan"):
        what = f"'{block.encap_type}' is not a type of encapsulation"
        yield Finding(path=(*_BLOCK, "encap_type"), what=what, hint="Use vlan or vxlan.")
    for key in _EMPTY + _FALSE:
        if _text(getattr(block, key)) not in ("", "false" if key in _FALSE else ""):
            what = f"{key} is for clouds and cannot be changed here"
            yield Finding(path=(*_BLOCK, key), what=what, hint="Remove it.", at_key=True)


def _text(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
