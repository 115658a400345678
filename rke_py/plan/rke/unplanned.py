"""What cluster.yml asks of a cluster of RKE's beside its hosts: other add-ons, another runtime of pods.

RKE fills in defaults before it writes its state, where we leave them out; one that is spelled out is no change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rke_py.catalog.order import minor_of
from rke_py.plan.rke.filled import filled_dns, filled_ingresses, filled_monitoring, filled_network
from rke_py.plan.rke.sections import SECTIONS

_CRI_DOCKERD = (1, 24)
_ACI = "aci"
_CACHE = "nodelocal"


def changed_sections(before: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the sections of cluster.yml that ask for something else than what was last applied.

    Args:
        before: The configuration that was last applied, RKE's JSON keys.
        asked: The one that is asked for, in the same form.
    """
    return tuple(name for name, was, wanted in _sections(before, asked) if was != wanted)


def unplanned_changes(before: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Return those of the changed sections that no step can do yet; see ``changed_sections``."""
    return tuple(name for name in changed_sections(before, asked) if name not in SECTIONS)


def users_addons(document: Mapping[str, Any]) -> tuple[object, object]:
    """Return what a configuration has of the user's own add-ons."""
    return document.get("addons") or "", document.get("addonsInclude") or []


def _sections(before: Mapping[str, Any], asked: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    network = filled_network(asked)
    yield "network", _of_aci(filled_network(before), network), network
    was, wanted = filled_dns(before), filled_dns(asked)
    yield "dns", _without_cache(was), _without_cache(wanted)
    yield "dns.nodelocal", was.get(_CACHE), wanted.get(_CACHE)
    yield "ingress", *filled_ingresses(before, asked)
    yield "monitoring", filled_monitoring(before), filled_monitoring(asked)
    yield "enable_cri_dockerd", _cri_dockerd(before), _cri_dockerd(asked)


def _without_cache(dns: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in dns.items() if key != _CACHE}


def _of_aci(was: Mapping[str, Any], wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the network that was applied without what cluster.yml does not say of ACI.

    RKE fills in about a hundred values for it, each release others: one that was taken out of cluster.yml cannot be
    told from those.
    """
    if {was["plugin"], wanted["plugin"]} != {_ACI}:
        return was
    block = "aciNetworkProvider"
    known = {
        name: {key: value for key, value in was.get(name, {}).items() if key in wanted.get(name, {})}
        for name in ("options", block)
        if name in wanted
    }
    return {**was, **known}


def _cri_dockerd(document: Mapping[str, Any]) -> bool:
    """Tell whether pods run through cri-dockerd: on the way to it all are made anew. From 1.24 on there is no other."""
    minor = minor_of(str(document.get("kubernetesVersion")))
    return bool(document.get("enableCriDockerd")) or minor is None or minor >= _CRI_DOCKERD
