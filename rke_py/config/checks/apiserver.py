"""``services.kube-api``: admission, audit log, encryption, and what of it needs which release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rke_py.config.checks.documents import kind_findings, map_findings
from rke_py.config.findings import Finding, Path, nearest
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.apiserver import EventRateLimitConfig, KubeApiConfig
from rke_py.config.versions import is_rke, numbers, rke_version

_PATH: Path = ("services", "kube-api")
_LEVELS = ("privileged", "baseline", "restricted")
_LEVELS_OF_RKE = ("privileged", "restricted")
_POD_SECURITY = (1, 23, 0)
_POLICIES_UNTIL = (1, 25, 0)
_INSTEAD = "Use pod_security_configuration, or labels of the namespaces."
_KEPT_BY_RKE = ("EventRateLimit", "PodSecurity")
_PLUGINS = "enable-admission-plugins"


def apiserver_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what the API server would refuse to start with, and what would have no effect."""
    api = config.services.kube_api
    yield from _pod_security(config, api)
    if is_rke(config):
        yield from _plugins(api)
    if api.event_rate_limit is not None and api.event_rate_limit.configuration is not None:
        yield from _rate_limit(api.event_rate_limit, api.event_rate_limit.configuration, warning=is_rke(config))
    if api.admission_configuration is not None:
        yield from _admission(api.admission_configuration, rke=rke_version(config) is not None)
    yield from _encryption(api)
    yield from _new_key(config)


def _pod_security(config: ClusterConfig, api: KubeApiConfig) -> Iterator[Finding]:
    level, path, version = api.pod_security_configuration, (*_PATH, "pod_security_configuration"), rke_version(config)
    if api.pod_security_policy:
        named = numbers(config.kubernetes_version)
        older = named is None or named < _POLICIES_UNTIL
        goes = "policies are enforced where API servers run with them, as RKE before 1.6 made them"
        what = f"pod_security_policy ends with Kubernetes v1.25: {goes if older else 'no policy is enforced'}"
        hint = "Use labels of the namespaces before v1.25." if older else _INSTEAD
        yield Finding(path=(*_PATH, "pod_security_policy"), what=what, hint=hint, warning=True, at_key=True)
    levels = _LEVELS_OF_RKE if is_rke(config) else _LEVELS
    if level and level not in levels:
        what = f"'{level}' is not a level of pod security" + (" in RKE's releases" if level in _LEVELS else "")
        yield Finding(path=path, what=what, hint=nearest(level, levels))
    if version is None:
        return
    mode = config.authorization.mode.lower()
    if level and version < _POD_SECURITY:
        what = "pod_security_configuration is there from Kubernetes v1.23 on"
        yield Finding(path=path, what=what, hint="Remove it.", at_key=True)
    own_file = "admission-control-config-file" in api.extra_args
    if mode not in ("", "rbac") and version >= _POD_SECURITY and not own_file:
        what = f"authorization.mode {mode} and pod_security_configuration, on from v1.23, exclude each other"
        hint = "Write mode: rbac, or bring your own admission-control-config-file in services.kube-api.extra_args."
        yield Finding(path=("authorization", "mode"), what=what, hint=hint)


def _rate_limit(block: EventRateLimitConfig, document: Mapping[str, Any], *, warning: bool) -> Iterator[Finding]:
    path: Path = (*_PATH, "event_rate_limit", "configuration")
    yield from kind_findings(path, document, "Configuration")
    limits = {key: value for key, value in document.items() if key.lower() == "limits"}
    for key, value in limits.items():
        yield from map_findings((*path, key), value)
    if block.enabled and not any(limits.values()):
        what = "the configuration has no limits; kube-apiserver does not start without one"
        hint = "Write limits: [{type: Server, qps: 5000, burst: 20000}], or leave the configuration out for that one."
        yield Finding(path=path, what=what, hint=hint, warning=warning)


def _plugins(api: KubeApiConfig) -> Iterator[Finding]:
    """Tell which switches a list of the owner's own overrules."""
    if _PLUGINS not in api.extra_args:
        return
    limited = api.event_rate_limit is not None and api.event_rate_limit.enabled
    switches: tuple[tuple[Path, bool, str], ...] = (
        (("always_pull_images",), api.always_pull_images, "AlwaysPullImages"),
        (("event_rate_limit", "enabled"), limited, "EventRateLimit"),
    )
    listed = api.extra_args[_PLUGINS].split(",")
    for path, on, plugin in switches:
        if on and plugin not in listed:
            what = f"{path[0]} has no effect: extra_args has a list of admission plugins of its own"
            hint = f"Add {plugin} to {_PLUGINS}."
            yield Finding(path=(*_PATH, *path), what=what, hint=hint, warning=True, at_key=True)


def _admission(document: Mapping[str, Any], *, rke: bool) -> Iterator[Finding]:
    path: Path = (*_PATH, "admission_configuration")
    yield from kind_findings(path, document, "AdmissionConfiguration", required=True)
    plugins = document.get("plugins")
    yield from map_findings((*path, "plugins"), plugins)
    for index, plugin in enumerate(plugins if isinstance(plugins, list) else ()):
        if isinstance(plugin, Mapping) and not (isinstance(plugin.get("name"), str) and plugin["name"]):
            yield Finding(path=(*path, "plugins", index), what="this plugin has no name", hint="Write name: PLUGIN.")
        elif rke and isinstance(plugin, Mapping) and plugin["name"] not in _KEPT_BY_RKE:
            what = f"RKE's releases leave {plugin['name']} out: only {' and '.join(_KEPT_BY_RKE)} are written"
            hint = "Bring a file of your own with admission-control-config-file in services.kube-api.extra_args."
            yield Finding(path=(*path, "plugins", index, "name"), what=what, hint=hint, warning=True)


def _encryption(api: KubeApiConfig) -> Iterator[Finding]:
    encryption = api.secrets_encryption_config
    if encryption is None or encryption.custom_config is None:
        return
    path: Path = (*_PATH, "secrets_encryption_config", "custom_config")
    document = encryption.custom_config.get_secret_value()
    if not encryption.enabled:
        what = "custom_config has no effect while secrets_encryption_config is not enabled"
        yield Finding(path=path, what=what, hint="Write enabled: true.", warning=True, at_key=True)
    yield from kind_findings(path, document, "EncryptionConfiguration")
    resources = document.get("resources")
    if not isinstance(resources, list) or not resources:
        hint = "Write resources: [{resources: [secrets], providers: [...]}]."
        yield Finding(path=path, what="custom_config has no resources", hint=hint)


def _new_key(config: ClusterConfig) -> Iterator[Finding]:
    encryption = config.services.kube_api.secrets_encryption_config
    if not config.rotate_encryption_key or (encryption and encryption.enabled and encryption.custom_config is None):
        return
    own = encryption is not None and encryption.enabled
    what = "rotate_encryption_key has no effect: " + ("the keys are your own" if own else "Secrets are not encrypted")
    hint = "Change the keys in custom_config instead." if own else "Leave it out."
    yield Finding(path=("rotate_encryption_key",), what=what, hint=hint, warning=True, at_key=True)
