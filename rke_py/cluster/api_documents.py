"""What the API server is given, of both families, as data: admission, webhook, encryption.

Documents are written the way RKE writes them, since their checksums are in the environment of RKE's own API servers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rke_py.cluster.apiserver_model import Encryption, Webhook
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.apiserver import KubeApiConfig, SecretsEncryptionConfig

ADMISSION_FLAG = "admission-control-config-file"
EVENT_RATE_LIMIT = "EventRateLimit"
POD_SECURITY = "PodSecurity"
PRIVILEGED = "privileged"

RATE_LIMIT = {
    "apiVersion": "eventratelimit.admission.k8s.io/v1alpha1",
    "kind": "Configuration",
    "limits": [{"burst": 20000, "qps": 5000, "type": "Server"}],
}
_MODES = ("enforce", "audit", "warn")
_SYSTEM_NAMESPACES = ["ingress-nginx", "kube-system"]
_DEFAULT_CACHE_TIMEOUT = "5s"


def admission(api: KubeApiConfig, made: Mapping[str, Mapping[str, Any]], *, others: bool) -> dict[str, Any]:
    """Return the admission configuration.

    A plugin that stands in ``admission_configuration`` wins over its own key.

    Args:
        api: Has ``admission_configuration``.
        made: Configurations by plugin.
        others: Whether the owner's plugins that are not made here follow. RKE loses them, and the API servers that run
            do without them.
    """
    given = (api.admission_configuration or {}).get("plugins") or []
    own = {plugin.get("name", ""): _plugin(plugin) for plugin in given}
    plugins = [own.get(name, _plugin({"name": name, "configuration": document})) for name, document in made.items()]
    plugins += [plugin for name, plugin in own.items() if others and name not in made]
    return {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins}


def _plugin(written: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": written.get("name") or "",
        "path": written.get("path") or "",
        "configuration": written.get("configuration"),
    }


def limits_events(api: KubeApiConfig) -> bool:
    """Tell whether events are limited."""
    return api.event_rate_limit is not None and api.event_rate_limit.enabled


def rate_limit(api: KubeApiConfig) -> dict[str, Any]:
    """Return the limits of events: the owner's where they are switched on, else RKE's one for the whole server."""
    given = api.event_rate_limit.configuration if api.event_rate_limit and limits_events(api) else None
    if given is None:
        return RATE_LIMIT
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


def pod_security(level: str, version: str = "v1") -> dict[str, Any]:
    """Return what pods may do in namespaces that do not say it themselves.

    Args:
        level: ``privileged`` or empty enforces nothing; any other is enforced, audited and warned of, but not in the
            namespaces of RKE's own add-ons.
        version: Of the API group.
    """
    strict = level not in ("", PRIVILEGED)
    levels = dict.fromkeys(_MODES, level) if strict else {"enforce": PRIVILEGED}
    return {
        "apiVersion": f"pod-security.admission.config.k8s.io/{version}",
        "kind": "PodSecurityConfiguration",
        "defaults": levels | {f"{mode}-version": "latest" for mode in levels},
        "exemptions": {"namespaces": _SYSTEM_NAMESPACES} if strict else {},
    }


def switched_on(api: KubeApiConfig) -> Iterable[str]:
    """Yield the admission plugins that have a switch of their own and are on."""
    if api.always_pull_images:
        yield "AlwaysPullImages"
    if limits_events(api):
        yield EVENT_RATE_LIMIT


def token_webhook(config: ClusterConfig) -> Webhook | None:
    """Return the token webhook; the strategy asks for one, and so does the block alone."""
    block = config.authentication.webhook
    strategies = {name.strip().lower() for name in config.authentication.strategy.split("|")}
    if block is None and "webhook" not in strategies:
        return None
    if block is None:
        return Webhook(cache_timeout=_DEFAULT_CACHE_TIMEOUT)
    return Webhook(cache_timeout=block.cache_timeout or _DEFAULT_CACHE_TIMEOUT, config_file=block.config_file)


def encryption(block: SecretsEncryptionConfig | None) -> Encryption | None:
    """Return how Secrets are encrypted; RKE wrote the owner's kind and apiVersion twice when he gave them."""
    if block is None or not block.enabled:
        return None
    if block.custom_config is None:
        return Encryption()
    body = block.custom_config.get_secret_value()
    return Encryption(custom={key: value for key, value in body.items() if key not in ("apiVersion", "kind")})
