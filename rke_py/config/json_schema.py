"""The schema of cluster.yml for editors, as JSON Schema (draft 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import Secret
from pydantic.fields import FieldInfo

from rke_py.config.checks.access import KEY_ALGORITHMS
from rke_py.config.checks.dns import DNS_PROVIDERS
from rke_py.config.checks.ingress import DNS_POLICIES, INGRESS_PROVIDERS, NETWORK_MODES
from rke_py.config.checks.labels import EFFECTS
from rke_py.config.checks.networks import PLUGINS
from rke_py.config.checks.nodes import ROLES
from rke_py.config.obsolete import OBSOLETE
from rke_py.config.outside import file_key
from rke_py.config.remarks import KeyPath, Remark
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section, other_spellings
from rke_py.config.schema.walk import model_in, unwrapped

_TEXT = ["string", "number", "boolean", "null"]
"""RKE takes the source text of any scalar where text is wanted."""

_CHOICES: Mapping[KeyPath, tuple[str, ...]] = {
    ("nodes", "role"): ROLES,
    ("nodes", "taints", "effect"): EFFECTS,
    ("network", "plugin"): tuple(PLUGINS),
    ("dns", "provider"): DNS_PROVIDERS,
    ("monitoring", "provider"): ("metrics-server", "none"),
    ("ingress", "provider"): INGRESS_PROVIDERS,
    ("ingress", "network_mode"): NETWORK_MODES,
    ("ingress", "dns_policy"): DNS_POLICIES,
    ("services", "kube-api", "pod_security_configuration"): ("privileged", "restricted"),
    ("authorization", "mode"): ("rbac", "none"),
    ("pki", "key_algorithm"): KEY_ALGORITHMS,
}


def json_schema(meanings: Mapping[KeyPath, Remark]) -> dict[str, Any]:
    """Return the schema; ``meanings`` are what an editor shows of each key."""
    top = _map(ClusterConfig, (), meanings)
    top["patternProperties"] = {r"^\.": {}}
    for key in OBSOLETE:
        *parents, name = key.split(".")
        place = top
        for parent in parents:
            place = place["properties"][parent]
        place.setdefault("properties", {})[name] = {
            "description": "Of older RKE releases, without effect.",
            "deprecated": True,
        }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "cluster.yml of rke-py and RKE",
        "required": ["nodes"],
        **top,
    }


def _map(model: type[Section], path: KeyPath, meanings: Mapping[KeyPath, Remark]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for key, field in model.fields_by_key().items():
        place = (*path, key)
        properties[key] = {**_described(place, meanings), **_value(field, place, meanings)}
        properties |= dict.fromkeys(other_spellings(field), properties[key])
        if name := file_key(model, key):
            properties[name] = {"description": f"The file that {key} is in.", "type": ["string", "null"]}
    return {"type": ["object", "null"], "additionalProperties": False, "properties": properties}


def _described(path: KeyPath, meanings: Mapping[KeyPath, Remark]) -> dict[str, str]:
    remark = meanings.get(path)
    if remark is None:
        return {}
    default = f"Default: {remark.default.strip('`')}" if remark.default not in ("", "required") else ""
    text = "\n".join(filter(None, (remark.meaning, default)))
    return {"description": text} if text else {}


def _value(field: FieldInfo, path: KeyPath, meanings: Mapping[KeyPath, Remark]) -> dict[str, Any]:
    return _of(unwrapped(field.annotation), path, meanings)


def _of(kind: Any, path: KeyPath, meanings: Mapping[KeyPath, Remark]) -> dict[str, Any]:
    kind = unwrapped(kind)
    origin = get_origin(kind)
    if origin is tuple:
        return {"type": ["array", "null"], "items": _of(get_args(kind)[0], path, meanings)}
    if origin is dict and get_args(kind)[1] is not Any:
        inner = _of(get_args(kind)[1], (*path, "NAME"), meanings)
        return {"type": ["object", "null"], "additionalProperties": inner}
    if origin is dict or kind == Secret[dict[str, Any]]:
        return {"type": ["object", "null"]}
    model = model_in(kind)
    if model is not None:
        return _map(model, path, meanings)
    if path in _CHOICES:
        return {"enum": [*_CHOICES[path], "", None]}
    if kind is bool:
        return {"type": ["boolean", "null"]}
    if kind is int:
        return {"type": ["integer", "null"]}
    return {"type": _TEXT}
