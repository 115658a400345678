"""Add-ons that leave traces on the hosts themselves, by a remembered configuration."""

from __future__ import annotations

from collections.abc import Mapping

from rke_py.cluster.addon_model import DNS_CACHE


def traced_addons(configuration: Mapping[str, object]) -> frozenset[str]:
    """Return the pod network of a configuration, ``none`` included, and the DNS cache on nodes where there is one."""
    network, dns = _section(configuration, "network"), _section(configuration, "dns")
    plugin = network.get("plugin")
    cache = _section(dns, "nodelocal").get("ipAddress")
    return frozenset((*((str(plugin),) if plugin else ()), *((DNS_CACHE,) if cache else ())))


def _section(mapping: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = mapping.get(key)
    return value if isinstance(value, Mapping) else {}
