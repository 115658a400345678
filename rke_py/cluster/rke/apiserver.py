"""``services.kube-api`` → settings of the API server in RKE's releases: audit log, admission, encryption.

Documents are written the way RKE writes them, with the fields its Go types have in the order of their names, since
their checksums are in the API server's environment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rke_py.cluster.rke.audit_policy import audit_policy
from rke_py.cluster.rke.model import ApiServer, AuditLog, Encryption, Webhook
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.apiserver import (
    DEFAULT_AUDIT_LOG,
    AuditLogConfig,
    AuditLogSettingsConfig,
    KubeApiConfig,
    SecretsEncryptionConfig,
)

DEFAULT_SERVICE_RANGE = "10.43.0.0/16"
DEFAULT_NODE_PORT_RANGE = "30000-32767"
ADMISSION_FLAG = "admission-control-config-file"
EVENT_RATE_LIMIT = "EventRateLimit"
POD_SECURITY = "PodSecurity"

_RATE_LIMIT = {
    "apiVersion": "eventratelimit.admission.k8s.io/v1alpha1",
    "kind": "Configuration",
    "limits": [{"burst": 20000, "qps": 5000, "type": "Server"}],
}
_RESTRICTED = {
    **dict.fromkeys(("enforce", "audit", "warn"), "restricted"),
    **{f"{mode}-version": "latest" for mode in ("enforce", "audit", "warn")},
}
_PRIVILEGED = {"enforce": "privileged", "enforce-version": "latest"}
_SYSTEM_NAMESPACES = ["ingress-nginx", "kube-system"]
_DEFAULT_CACHE_TIMEOUT = "5s"


def resolve_api_server(config: ClusterConfig, minor: tuple[int, int]) -> ApiServer:
    """Return the API server's settings with RKE's defaults.

    Args:
        config: The configuration.
        minor: Of the cluster's version: pod security admission came with 1.23.
    """
    api = config.services.kube_api
    return ApiServer(
        service_range=api.service_cluster_ip_range or DEFAULT_SERVICE_RANGE,
        node_port_range=api.service_node_port_range or DEFAULT_NODE_PORT_RANGE,
        rbac=(config.authorization.mode or "rbac") == "rbac",
        admission=None if ADMISSION_FLAG in api.extra_args else _admission(api, minor),
        plugins=tuple(_plugins(api)),
        audit=_audit_log(api.audit_log),
        webhook=_webhook(config),
        encryption=_encryption(api.secrets_encryption_config),
    )


def _plugins(api: KubeApiConfig) -> Iterable[str]:
    if api.always_pull_images:
        yield "AlwaysPullImages"
    if api.event_rate_limit is not None and api.event_rate_limit.enabled:
        yield EVENT_RATE_LIMIT


def _audit_log(block: AuditLogConfig | None) -> AuditLog | None:
    """Return the audit log, which is on without a block.

    RKE has defaults for a configuration that is left out and for a policy, not for other settings that a configuration
    leaves out: API servers that run would be restarted if they had them.
    """
    enabled = block is None or block.enabled
    if block is None or block.configuration is None:
        return _audit_settings(DEFAULT_AUDIT_LOG, enabled=True) if enabled else None
    return _audit_settings(block.configuration, enabled=enabled)


def _audit_settings(given: AuditLogSettingsConfig, *, enabled: bool) -> AuditLog:
    return AuditLog(
        enabled=enabled,
        max_age=given.max_age or 0,
        max_backup=given.max_backup or 0,
        max_size=given.max_size or 0,
        path=given.path,
        format=given.format,
        policy=audit_policy(given.policy or {"rules": [{"level": "Metadata"}]}) if enabled else None,
    )


def _admission(api: KubeApiConfig, minor: tuple[int, int]) -> dict[str, Any]:
    """Return the admission configuration: RKE's plugins, and no other.

    A plugin that stands in ``admission_configuration`` wins over its own key. RKE loses the others, and the API servers
    that run do without them.
    """
    given = (api.admission_configuration or {}).get("plugins") or []
    own = {plugin.get("name", ""): _plugin(plugin) for plugin in given}
    made = {EVENT_RATE_LIMIT: _named(EVENT_RATE_LIMIT, _rate_limit(api))}
    if minor >= (1, 23):
        made[POD_SECURITY] = _named(POD_SECURITY, _pod_security(api.pod_security_configuration, minor))
    plugins = [own.get(name, plugin) for name, plugin in made.items()]
    return {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins}


def _named(name: str, configuration: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "path": "", "configuration": configuration}


def _plugin(written: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": written.get("name") or "",
        "path": written.get("path") or "",
        "configuration": written.get("configuration"),
    }


def _rate_limit(api: KubeApiConfig) -> dict[str, Any]:
    block = api.event_rate_limit
    given = block.configuration if block is not None and block.enabled else None
    if given is None:
        return _RATE_LIMIT
    read = _folded(given)
    limits = read.get("limits")
    return {
        **{key: read[key.lower()] for key in ("apiVersion", "kind") if read.get(key.lower())},
        "limits": None if limits is None else [_limit(_folded(limit)) for limit in limits],
    }


def _limit(read: Mapping[str, Any]) -> dict[str, Any]:
    limit = {"type": read.get("type", ""), "qps": read.get("qps", 0), "burst": read.get("burst", 0)}
    return limit | ({"cacheSize": read["cachesize"]} if read.get("cachesize") else {})


def _folded(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return a map under its keys in lower case: RKE reads this one block in any case, and fills nothing in."""
    return {key.lower(): value for key, value in written.items()}


def _pod_security(level: str, minor: tuple[int, int]) -> dict[str, Any]:
    restricted = level == "restricted"
    return {
        "apiVersion": f"pod-security.admission.config.k8s.io/{'v1' if minor >= (1, 25) else 'v1beta1'}",
        "kind": "PodSecurityConfiguration",
        "defaults": _RESTRICTED if restricted else _PRIVILEGED,
        "exemptions": {"namespaces": _SYSTEM_NAMESPACES} if restricted else {},
    }


def _webhook(config: ClusterConfig) -> Webhook | None:
    """Return the token webhook; the strategy asks for one, and so does the block alone."""
    block = config.authentication.webhook
    strategies = {name.strip().lower() for name in config.authentication.strategy.split("|")}
    if block is None and "webhook" not in strategies:
        return None
    if block is None:
        return Webhook(cache_timeout=_DEFAULT_CACHE_TIMEOUT)
    return Webhook(cache_timeout=block.cache_timeout or _DEFAULT_CACHE_TIMEOUT, config_file=block.config_file)


def _encryption(block: SecretsEncryptionConfig | None) -> Encryption | None:
    """Return how Secrets are encrypted; RKE wrote the owner's kind and apiVersion twice when he gave them."""
    if block is None or not block.enabled:
        return None
    if block.custom_config is None:
        return Encryption()
    body = block.custom_config.get_secret_value()
    return Encryption(custom={key: value for key, value in body.items() if key not in ("apiVersion", "kind")})
