"""``ClusterConfig`` → the camelCase JSON in which RKE keeps a configuration in its state file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import Secret, SecretStr

from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.nodes import NodeConfig
from rke_py.config.schema.walk import SECRET_OPTIONS, marks_of

_SPELLED_OTHERWISE = {
    "ignore_daemonsets": "ignoreDaemonSets",
    "kube_api": "kubeApi",
    "kube_controller": "kubeController",
}
_KEPT_WHEN_EMPTY = frozenset({"timeout", "ignore_daemonsets"})
_MAPS_KEPT_WHEN_EMPTY = frozenset(
    {
        *("services", "network", "authentication", "system_images", "authorization", "bastion_host", "monitoring"),
        *("ingress", "cloud_provider", "restore"),
    }
)
"""Keys that RKE writes whatever they hold; all others are left out when they are empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hiding:
    """What stands for secrets.

    Attributes:
        secret: For the text of one.
        variable: For ``NAME=value`` of an environment, whose name tells whether its value is one.
    """

    secret: Callable[[str], str]
    variable: Callable[[str], str]


def to_rke_json(config: ClusterConfig, hiding: Hiding | None = None) -> dict[str, object]:
    """Return the configuration as RKE's state file has it, rke-py's own keys in the same spelling.

    Args:
        config: The configuration.
        hiding: What stands for secrets. None leaves them in clear (inline SSH keys, registry passwords), as in every
            state file: that is for the state alone.
    """
    written = _section(config, hiding)
    return written | {
        "sshAgentAuth": config.ssh_agent_auth,
        "ignoreDockerVersion": bool(config.ignore_docker_version),
        "enableCriDockerd": config.enable_cri_dockerd,
        "rotateEncryptionKey": config.rotate_encryption_key,
    }


def remembered_node(entry: Mapping[str, object]) -> NodeConfig:
    """Return an entry of ``nodes`` as RKE's state file has it, without what only a Node object carries."""
    keys = {_key(name, key): key for key, name in NodeConfig.names_by_key().items()}
    given = {keys[key]: value for key, value in entry.items() if key in keys}
    return NodeConfig.model_validate({key: value for key, value in given.items() if key not in ("labels", "taints")})


def secrets_in_node(entry: Mapping[str, object]) -> tuple[str, ...]:
    """Return the private key that stands in such an entry, if one does."""
    key = entry.get("sshKey")
    return (key,) if isinstance(key, str) and key else ()


def _section(section: Section, hiding: Hiding | None) -> dict[str, object]:
    written: dict[str, object] = {}
    keys = {attribute: key for key, attribute in type(section).names_by_key().items()}
    for name in type(section).model_fields:
        given = getattr(section, name)
        field = type(section).model_fields[name]
        value = _hidden(given, hiding) if hiding and marks_of(field) else _value(given, hiding)
        optional = isinstance(given, bool | int) and field.default is None
        kept = _MAPS_KEPT_WHEN_EMPTY if isinstance(section, ClusterConfig) else _KEPT_WHEN_EMPTY
        if value or optional or name in kept:
            written[_key(name, keys[name])] = value
    return written


def _value(value: object, hiding: Hiding | None) -> object:
    if isinstance(value, Section):
        return _section(value, hiding)
    if isinstance(value, Secret | SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple | list):
        return [_value(item, hiding) for item in value]
    if isinstance(value, dict):
        return {
            key: _hidden(item, hiding) if hiding and key in SECRET_OPTIONS else _value(item, hiding)
            for key, item in value.items()
        }
    return value


def _hidden(value: object, hiding: Hiding) -> object:
    """Return what stands for a value that must not be shown; what says nothing stays."""
    if isinstance(value, tuple):
        return [hiding.variable(item) if isinstance(item, str) else _hidden(item, hiding) for item in value]
    plain = value.get_secret_value() if isinstance(value, Secret | SecretStr) else value
    if not plain:
        return plain
    return hiding.secret(plain if isinstance(plain, str) else json.dumps(plain, sort_keys=True))


def _key(name: str, key: str) -> str:
    """Return RKE's spelling: its own in camel case; what is written so already, or as a cloud does, stays."""
    if name in _SPELLED_OTHERWISE:
        return _SPELLED_OTHERWISE[name]
    return key if "-" in key or key != key.lower() else _camel(name.rstrip("_"))


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)
