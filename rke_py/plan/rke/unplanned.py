"""What cluster.yml asks of a cluster of RKE's that no step can do yet: other add-ons, another runtime of pods.

RKE fills in defaults before it writes its state, where we leave them out; one that is spelled out is no change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rke_py.catalog.order import minor_of

_ONE = {"strategy": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
_QUARTER = {"strategy": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}
_CORE_DNS = {"strategy": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
_KUBE_DNS = {"strategy": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "10%"}}
_LINEAR = {"coresPerReplica": 128, "nodesPerReplica": 4, "min": 1, "preventSinglePointFailure": True}
_CRI_DOCKERD = (1, 24)
_FLANNEL = {"flannel_backend_port": "8472", "flannel_backend_type": "vxlan", "flannel_backend_vni": "1"}


def unplanned_changes(before: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the sections of cluster.yml that ask for something else than what was last applied.

    Args:
        before: The configuration that was last applied, RKE's JSON keys.
        asked: The one that is asked for, in the same form.
    """
    pairs = zip(_sections(before), _sections(asked), strict=True)
    return tuple(name for (name, was), (_, wanted) in pairs if was != wanted)


def users_addons(document: Mapping[str, Any]) -> tuple[object, object]:
    """Return what a configuration has of the user's own add-ons."""
    return document.get("addons") or "", document.get("addonsInclude") or []


def _sections(document: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    network, dns = _section(document, "network"), _section(document, "dns")
    options = _FLANNEL if network.get("plugin") == "flannel" else {}
    yield "network", network | {"updateStrategy": _ONE} | network | {"options": options | network.get("options", {})}
    core = dns.get("provider") != "kube-dns"
    filled = {"updateStrategy": _CORE_DNS if core else _KUBE_DNS, "linearAutoscalerParams": _LINEAR}
    yield "dns", filled | dns
    yield "ingress", {"updateStrategy": _ONE} | _section(document, "ingress")
    yield "monitoring", {"updateStrategy": _QUARTER} | _section(document, "monitoring")
    yield "enable_cri_dockerd", bool(document.get("enableCriDockerd")) or not _has_dockershim(document)


def _has_dockershim(document: Mapping[str, Any]) -> bool:
    """Tell whether pods run without cri-dockerd unless it is asked for: on the way from there all are made anew."""
    minor = minor_of(str(document.get("kubernetesVersion")))
    return minor is not None and minor < _CRI_DOCKERD


def _section(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a section without what is empty in it, as RKE writes some of that out and some not."""
    return {key: value for key, value in (document.get(name) or {}).items() if value not in (None, "", {}, [])}
