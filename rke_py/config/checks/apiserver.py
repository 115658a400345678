"""``services.kube-api``: admission, audit log, encryption, and what of it needs which release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rke_py.config.findings import Finding, Path, nearest
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.apiserver import DEFAULT_AUDIT_LOG, AuditLogConfig, AuditLogSettingsConfig, KubeApiConfig
from rke_py.config.versions import rke_version

_PATH: Path = ("services", "kube-api")
_LEVELS = ("privileged", "restricted")
_FORMATS = ("json", "legacy")
_POD_SECURITY = (1, 23, 0)
_KEPT_BY_RKE = ("EventRateLimit", "PodSecurity")
_PLUGINS = "enable-admission-plugins"


def apiserver_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what the API server would refuse to start with, and what would have no effect."""
    api = config.services.kube_api
    yield from _pod_security(config, api)
    if api.audit_log is not None:
        yield from _audit_log(api.audit_log)
    yield from _plugins(api)
    if api.event_rate_limit is not None and api.event_rate_limit.configuration is not None:
        path: Path = (*_PATH, "event_rate_limit", "configuration")
        yield from _kind(path, api.event_rate_limit.configuration, "Configuration")
        for key, value in api.event_rate_limit.configuration.items():
            if key.lower() == "limits":
                yield from _maps((*path, key), value)
    if api.admission_configuration is not None:
        yield from _admission(api.admission_configuration, rke=rke_version(config) is not None)
    yield from _encryption(api)


def _pod_security(config: ClusterConfig, api: KubeApiConfig) -> Iterator[Finding]:
    level, path, version = api.pod_security_configuration, (*_PATH, "pod_security_configuration"), rke_version(config)
    if api.pod_security_policy:
        what = "pod_security_policy is a key of older RKE releases and has no effect: no policy is enforced"
        hint = "Use pod_security_configuration, or labels of the namespaces."
        yield Finding(path=(*_PATH, "pod_security_policy"), what=what, hint=hint, warning=True, at_key=True)
    if level and level not in _LEVELS:
        yield Finding(path=path, what=f"'{level}' is not a level of pod security", hint=nearest(level, _LEVELS))
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


def _audit_log(audit: AuditLogConfig) -> Iterator[Finding]:
    path, settings = (*_PATH, "audit_log"), audit.configuration
    if settings is None:
        return
    path = (*path, "configuration")
    if audit.enabled:
        yield from _left_out(path, settings)
    else:
        what = "RKE passes these settings to the API server although audit_log is not enabled, and no policy's file"
        hint = "Write enabled: true, or remove the configuration."
        yield Finding(path=path, what=what, hint=hint, warning=True, at_key=True)
    for key in ("max_age", "max_backup", "max_size"):
        if (getattr(settings, key) or 0) < 0:
            yield Finding(path=(*path, key), what="a negative number means nothing", hint="Use 0 or more.")
    if settings.format and settings.format not in _FORMATS:
        what = f"'{settings.format}' is not a format of the audit log"
        yield Finding(path=(*path, "format"), what=what, hint=nearest(settings.format, _FORMATS))
    if settings.path and settings.path != "-" and not settings.path.startswith("/"):
        what = f"'{settings.path}' is not an absolute path"
        yield Finding(path=(*path, "path"), what=what, hint="Write /var/log/kube-audit/audit-log.json.")
    if settings.policy is not None:
        yield from _kind((*path, "policy"), settings.policy, "Policy")
        if "rules" not in settings.policy:
            yield Finding(
                path=(*path, "policy"), what="the policy has no rules", hint="Write rules: [{level: Metadata}]."
            )
        yield from _rules((*path, "policy", "rules"), settings.policy.get("rules"))
        if not isinstance(settings.policy.get("metadata") or {}, Mapping):
            yield Finding(path=(*path, "policy", "metadata"), what="this is not a map", hint="Leave it out.")


def _rules(path: Path, rules: object) -> Iterator[Finding]:
    yield from _maps(path, rules)
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping):
            yield from _maps((*path, index, "resources"), rule.get("resources"))


def _left_out(path: Path, settings: AuditLogSettingsConfig) -> Iterator[Finding]:
    """Tell what RKE has no default for once there is a configuration."""
    names = ("max_age", "max_backup", "max_size", "path", "format")
    missing = [name for name in names if getattr(settings, name) in (None, "")]
    if missing:
        nothing = "; without a path nothing is written down" if "path" in missing else ""
        what = f"{', '.join(missing)} left out: RKE has 0 or nothing there when a configuration is given{nothing}"
        hint = f"Write {', '.join(f'{name}: {getattr(DEFAULT_AUDIT_LOG, name)}' for name in missing)}."
        yield Finding(path=path, what=what, hint=hint, warning=True, at_key=True)


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
    yield from _kind(path, document, "AdmissionConfiguration", required=True)
    plugins = document.get("plugins")
    yield from _maps((*path, "plugins"), plugins)
    for index, plugin in enumerate(plugins if isinstance(plugins, list) else ()):
        if isinstance(plugin, Mapping) and not (isinstance(plugin.get("name"), str) and plugin["name"]):
            yield Finding(path=(*path, "plugins", index), what="this plugin has no name", hint="Write name: PLUGIN.")
        elif isinstance(plugin, Mapping) and rke and plugin["name"] not in _KEPT_BY_RKE:
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
    yield from _kind(path, document, "EncryptionConfiguration")
    resources = document.get("resources")
    if not isinstance(resources, list) or not resources:
        hint = "Write resources: [{resources: [secrets], providers: [...]}]."
        yield Finding(path=path, what="custom_config has no resources", hint=hint)


def _maps(path: Path, value: object) -> Iterator[Finding]:
    """Check that a value is a list of maps, when there is one."""
    if value is not None and not (isinstance(value, list) and all(isinstance(item, Mapping) for item in value)):
        yield Finding(path=path, what=f"the {path[-1]} are not a list of maps", hint="Begin each entry with a dash.")


def _kind(path: Path, document: Mapping[str, Any], kind: str, *, required: bool = False) -> Iterator[Finding]:
    """Check the kind of a document; where it may be left out, RKE fills it in."""
    given = document.get("kind")
    if given != kind and (required or given):
        found = f"kind {given}" if given else "no kind"
        yield Finding(path=(*path, "kind"), what=f"this has {found}; {kind} is wanted", hint=f"Write kind: {kind}.")
    if required and not document.get("apiVersion"):
        hint = "Write apiVersion: apiserver.config.k8s.io/v1."
        yield Finding(path=(*path, "apiVersion"), what="this has no apiVersion", hint=hint)
