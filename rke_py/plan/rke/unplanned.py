"""What cluster.yml asks of a cluster of RKE's beside its hosts: other add-ons.

RKE fills in defaults before it writes its state, where we leave them out; one that is spelled out is no change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rke_py.plan.pod_network import AGREED
from rke_py.plan.rke.filled import filled_cache, filled_dns, filled_ingresses, filled_monitoring, filled_network
from rke_py.plan.rke.sections import SECTIONS

_ACI = "aci"
_CACHE, _ADDRESS = "nodelocal", "ipAddress"
_MODULE = "enable_br_netfilter"
_UNHEEDED = tuple(option for options in AGREED.values() for option in options if not option.of_rke)


def changed_sections(before: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the sections of cluster.yml that ask for something else than what was last applied.

    Args:
        before: The configuration that was last applied, RKE's JSON keys.
        asked: The one that is asked for, in the same form.
    """
    return tuple(name for name, was, wanted in _sections(before, asked) if was != wanted)


def unplanned_changes(before: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Return those of the changed sections that no step can do yet; see ``changed_sections``."""
    return tuple(name for name in changed_sections(before, asked) if not _is_planned(name, before, asked))


def planned_changes(before: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Return those of the changed sections that steps can do; see ``changed_sections``."""
    return tuple(name for name in changed_sections(before, asked) if _is_planned(name, before, asked))


def _is_planned(name: str, before: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    section = SECTIONS.get(name)
    if section is None or not section.stays:
        return section is not None
    return section.provider(before) == section.provider(asked) in section.providers


def users_addons(document: Mapping[str, Any]) -> tuple[object, object]:
    """Return what a configuration has of the user's own add-ons."""
    return document.get("addons") or "", document.get("addonsInclude") or []


def _sections(before: Mapping[str, Any], asked: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    yield from _of_network(filled_network(before), filled_network(asked))
    yield "dns", _without(filled_dns(before), _CACHE), _without(filled_dns(asked), _CACHE)
    yield from _of_cache(filled_cache(before), filled_cache(asked))
    yield "ingress", *filled_ingresses(before, asked)
    yield "monitoring", filled_monitoring(before), filled_monitoring(asked)


def _of_network(was: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    """Yield the network, and by themselves what has to do with it and is no matter of its objects.

    Of an option that no release of RKE's heeds the default runs, whatever was written: to write that is no change.
    """
    yield "network", _heeded(_of_aci(was, wanted)), _heeded(wanted)
    yield f"network.{_MODULE}", was["enableBrNetfilter"], wanted["enableBrNetfilter"]
    for option in _UNHEEDED:
        value = wanted["options"].get(option.name, option.default)
        before = was["options"].get(option.name) if value != option.default else value
        yield f"network.options.{option.name}", before, value


def _heeded(network: Mapping[str, Any]) -> Mapping[str, Any]:
    options = _without(network["options"], *(option.name for option in _UNHEEDED))
    return {**_without(network, "enableBrNetfilter"), "options": options}


def _of_cache(was: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[tuple[str, object, object]]:
    """Yield the DNS cache on nodes, and another address of one that stays by itself."""
    before, after = was.get(_ADDRESS), wanted.get(_ADDRESS)
    if before and after:
        yield "dns.nodelocal.ip_address", before, after
        was, wanted = _without(was, _ADDRESS), _without(wanted, _ADDRESS)
    yield "dns.nodelocal", was, wanted


def _without(section: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    return {key: value for key, value in section.items() if key not in keys}


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
