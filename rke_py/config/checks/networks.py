"""``network``: which plugins there are, and what each takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rke_py.config.checks.placement import placement_findings
from rke_py.config.checks.providers import option_findings, provider_findings
from rke_py.config.checks.syntax import is_port
from rke_py.config.findings import Finding, Path, nearest
from rke_py.config.schema import ClusterConfig
from rke_py.config.versions import plugin_of

_MAX_VNI = 2**24 - 1
_MAX_MTU = 65535
_BACKENDS = ("vxlan", "host-gw", "wireguard")
_ENCAPSULATIONS = ("ipip", "ipip-cross-subnet", "vxlan", "vxlan-cross-subnet", "none")
_AUTODETECTION = re.compile(
    r"first-found|kubernetes-internal-ip|(interface|skip-interface|can-reach|cidr)=[^\s\"'\\]+\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """What a plugin takes in ``network.options``.

    Attributes:
        options: Every key.
        flannel: How the keys of flannel's back-end begin, empty when it is not in it.
    """

    options: tuple[str, ...] = ()
    flannel: str = ""


_CONTROLLERS = "calico_kube_controllers_priority_class_name"

PLUGINS: Mapping[str, Plugin] = {
    "flannel": Plugin(
        options=(
            *("flannel_backend_type", "flannel_backend_port", "flannel_backend_vni", "flannel_iface"),
            "kube_flannel_priority_class_name",
        ),
        flannel="flannel_backend_",
    ),
    "canal": Plugin(
        options=(
            *("canal_flannel_backend_type", "canal_flannel_backend_port", "canal_flannel_backend_vni", "canal_iface"),
            *("canal_flex_volume_plugin_dir", "canal_priority_class_name", _CONTROLLERS),
        ),
        flannel="canal_flannel_backend_",
    ),
    "calico": Plugin(
        options=(
            *("calico_encapsulation", "calico_ip_autodetection_method", "calico_cloud_provider"),
            *("calico_flex_volume_plugin_dir", "calico_node_priority_class_name", _CONTROLLERS),
        ),
    ),
    "weave": Plugin(options=("WeavePassword", "weave_net_priority_class_name")),
    "aci": Plugin(),
    "none": Plugin(),
}
"""Every plugin of cluster.yml; ``aci`` has its own block instead of options."""

_OTHERS = ("flannel_", "canal_", "calico_", "weave_", "aci_", "kube_flannel_", "WeavePassword")


def network_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with the pod network."""
    network, path = config.network, ("network", "options")
    yield from provider_findings(("network", "plugin"), network.plugin, tuple(PLUGINS))
    name = plugin_of(config)
    plugin = PLUGINS.get(name)
    yield from _mtu(name, network.mtu)
    if plugin and plugin.options:
        yield from option_findings(path, network.options, plugin.options, _OTHERS)
    elif name == "none" and network.options:
        what = "options have no effect with plugin none"
        yield Finding(path=path, what=what, warning=True, at_key=True)
    if plugin and plugin.flannel:
        yield from _backend(path, network.options, plugin.flannel)
    if name == "calico":
        yield from _calico(path, network.options)
    yield from placement_findings("network", network, daemon=True)


def _mtu(plugin: str, mtu: int) -> Iterator[Finding]:
    if mtu and plugin == "flannel":
        what = "plugin flannel does not take mtu"
        hint = "Remove it: flannel works out the MTU from its interface."
        yield Finding(path=("network", "mtu"), what=what, hint=hint, at_key=True)
    elif mtu < 0 or mtu > _MAX_MTU:
        yield Finding(path=("network", "mtu"), what=f"{mtu} is not an MTU", hint="Use bytes such as 1450.")
    elif mtu and plugin == "none":
        yield Finding(path=("network", "mtu"), what="mtu has no effect with plugin none", warning=True, at_key=True)


def _backend(path: Path, options: Mapping[str, str], prefix: str) -> Iterator[Finding]:
    backend = options.get(f"{prefix}type", "")
    if backend and backend not in _BACKENDS:
        what = f"'{backend}' is not a back-end of flannel"
        yield Finding(path=(*path, f"{prefix}type"), what=what, hint=nearest(backend, _BACKENDS))
    port = options.get(f"{prefix}port", "")
    if port and not is_port(port):
        yield Finding(path=(*path, f"{prefix}port"), what=f"'{port}' is not a port", hint="Use 1 to 65535.")
    vni = options.get(f"{prefix}vni", "")
    if vni and not (vni.isascii() and vni.isdecimal() and 1 <= int(vni) <= _MAX_VNI):
        hint = f"Use 1 to {_MAX_VNI}."
        yield Finding(path=(*path, f"{prefix}vni"), what=f"'{vni}' is not a network identifier", hint=hint)


def _calico(path: Path, options: Mapping[str, str]) -> Iterator[Finding]:
    mode = options.get("calico_encapsulation", "")
    if mode and mode not in _ENCAPSULATIONS:
        what = f"'{mode}' is not an encapsulation of calico"
        yield Finding(path=(*path, "calico_encapsulation"), what=what, hint=nearest(mode, _ENCAPSULATIONS))
    method = options.get("calico_ip_autodetection_method", "")
    if method and not _AUTODETECTION.match(method):
        what = f"'{method}' is not a way to find a node's address"
        hint = "Write kubernetes-internal-ip, first-found, or such as interface=eth.* or can-reach=192.0.2.1."
        yield Finding(path=(*path, "calico_ip_autodetection_method"), what=what, hint=hint)
