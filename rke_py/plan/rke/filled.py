"""A section of add-ons with what RKE fills into it before it writes its state, or without it where that says the same.

Each release of RKE fills in more than those before it: an older state has no ``networkMode``, a newer one
``enableBrNetfilter``. Both sides of a comparison are brought to the same form here.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from rke_py.catalog.order import minor_of

Section = Mapping[str, Any]

_NODE_AGENT = "/usr/libexec/kubernetes/kubelet-plugins/volume/exec/nodeagent~uds"
_OPTIONS = {
    "calico_cloud_provider": "none",
    "calico_flex_volume_plugin_dir": _NODE_AGENT,
    "canal_flannel_backend_port": "8472",
    "canal_flannel_backend_type": "vxlan",
    "canal_flannel_backend_vni": "1",
    "canal_flex_volume_plugin_dir": _NODE_AGENT,
    "flannel_backend_port": "8472",
    "flannel_backend_type": "vxlan",
    "flannel_backend_vni": "1",
}
_BLOCKS = {
    ("calicoNetworkProvider", "cloudProvider"): "calico_cloud_provider",
    ("canalNetworkProvider", "iface"): "canal_iface",
    ("flannelNetworkProvider", "iface"): "flannel_iface",
    ("weaveNetworkProvider", "password"): "WeavePassword",
}
"""Where else an option may stand; RKE copies it from there."""

_ROLLING = "RollingUpdate"
_ONE = {"maxUnavailable": 1}
_QUARTER = {"maxUnavailable": "25%", "maxSurge": "25%"}
_CORE_DNS = {"maxUnavailable": 1, "maxSurge": 0}
_KUBE_DNS = {"maxUnavailable": 0, "maxSurge": "10%"}
_LINEAR = {"coresPerReplica": 128, "nodesPerReplica": 4, "min": 1, "preventSinglePointFailure": True}
_WITHOUT_CLASS = {"watch-ingress-without-class": "true"}
_HOST_PORT_SINCE = (1, 21)
_OWNERS_MAPS = frozenset({"extraArgs", "nodeSelector", "options"})


def filled_network(document: Section) -> Section:
    """Return ``network``: options of provider blocks among the others, and none that says what RKE says anyway."""
    section = _written(document.get("network"))
    blocks = {option: section.get(block, {}).get(key) for (block, key), option in _BLOCKS.items()}
    given = _full(blocks) | _full(section.get("options", {}))
    rest = {key: value for key, value in section.items() if key not in {block for block, _ in _BLOCKS}}
    return rest | {
        "plugin": section.get("plugin", "canal"),
        "options": {key: value for key, value in given.items() if _OPTIONS.get(key) != value},
        "enableBrNetfilter": section.get("enableBrNetfilter", True),
        "updateStrategy": _strategy(section, _ONE),
    }


def filled_dns(document: Section) -> Section:
    """Return ``dns``."""
    section = {"provider": "coredns", "linearAutoscalerParams": _LINEAR} | _written(document.get("dns"))
    default = _KUBE_DNS if section["provider"] == "kube-dns" else _CORE_DNS
    parameters = {key: value for key, value in section["linearAutoscalerParams"].items() if value}
    return section | {"linearAutoscalerParams": parameters, "updateStrategy": _strategy(section, default)}


def filled_cache(document: Section) -> Section:
    """Return ``dns.nodelocal``, with what would be its ``provider``: without an address there is none."""
    cache = _written((document.get("dns") or {}).get("nodelocal"))
    if "ipAddress" not in cache:
        return {"provider": "none"}
    return {"provider": "node-local-dns", **cache, "updateStrategy": _strategy(cache, _ONE)}


def filled_ingresses(before: Section, asked: Section) -> tuple[Section, Section]:
    """Return ``ingress`` of both, without what each leaves to the default of its own version.

    RKE writes those of the version it applied: an upgrade brings others that nobody edited.
    """
    was, wanted = filled_ingress(before), filled_ingress(asked)
    old, new = _by_version(before), _by_version(asked)
    left = {key for key in old if (was[key], wanted[key]) == (old[key], new[key])}
    return _apart_from(left, was), _apart_from(left, wanted)


def filled_ingress(document: Section) -> Section:
    """Return ``ingress``, with what its own version leaves to a default."""
    section = _written(document.get("ingress"))
    return {
        "provider": "nginx",
        "defaultIngressClass": True,
        **_by_version(document),
        **section,
        "httpPort": section.get("httpPort") or 80,
        "httpsPort": section.get("httpsPort") or 443,
        "extraArgs": _WITHOUT_CLASS | section.get("extraArgs", {}),
        "updateStrategy": _strategy(section, _ONE),
    }


def _by_version(document: Section) -> Section:
    minor = minor_of(str(document.get("kubernetesVersion")))
    older = minor is not None and minor < _HOST_PORT_SINCE
    return {"networkMode": "hostNetwork" if older else "hostPort", "defaultBackend": older}


def _apart_from(keys: Set[str], section: Section) -> Section:
    return {key: value for key, value in section.items() if key not in keys}


def filled_monitoring(document: Section) -> Section:
    """Return ``monitoring``."""
    section = _written(document.get("monitoring"))
    return {"provider": "metrics-server", "replicas": 1, **section, "updateStrategy": _strategy(section, _QUARTER)}


def _strategy(section: Section, default: Section) -> Section:
    """Return how pods are replaced; of a rolling update what RKE reads, each number that is missing filled in."""
    given = section.get("updateStrategy", {})
    strategy = given.get("strategy", _ROLLING)
    if strategy != _ROLLING:
        return {"strategy": strategy}
    numbers = given.get("rollingUpdate", {})
    return {"strategy": _ROLLING} | {key: str(numbers.get(key, value)) for key, value in default.items()}


def _written(section: Section | None) -> dict[str, Any]:
    """Return a section without what is empty in it, as RKE writes some of that out and some not.

    In a map of the owner's an empty text says something: a flag without a value, a label.
    """
    items = (section or {}).items()
    return _full({key: value or {} if key in _OWNERS_MAPS else _without_empty(value) for key, value in items})


def _without_empty(value: Any) -> Any:
    """Return a value without what is empty in it; in lists, where Kubernetes' own objects stand, without zeros too."""
    if isinstance(value, Mapping):
        return _full({key: _without_empty(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return [_without_zeros(item) for item in value]
    return value


def _without_zeros(value: Any) -> Any:
    if isinstance(value, Mapping):
        written = {key: _without_zeros(item) for key, item in value.items()}
        return {key: item for key, item in written.items() if item}
    return [_without_zeros(item) for item in value] if isinstance(value, list | tuple) else value


def _full(written: Section) -> dict[str, Any]:
    return {key: value for key, value in written.items() if value not in (None, "", {}, [])}
