"""``services.kube-api.audit_log``: what the API server would refuse, or write nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from rke_py.config.checks.documents import kind_findings, map_findings
from rke_py.config.findings import Finding, Path, nearest
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.apiserver import DEFAULT_AUDIT_LOG, AuditLogConfig, AuditLogSettingsConfig
from rke_py.config.versions import is_rke

_PATH: Path = ("services", "kube-api", "audit_log", "configuration")
_FORMATS = ("json", "legacy")
_NOT_FOR_LOGS = frozenset(("/", "/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr"))
"""The log's folder may not be one of these, nor lie below: it is mounted into the API server over its own."""


def audit_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with the audit log's settings."""
    audit = config.services.kube_api.audit_log
    if audit is None or audit.configuration is None:
        return
    settings = audit.configuration
    yield from _of_rke(audit, settings) if is_rke(config) else _of_upstream(audit, settings)
    for key in ("max_age", "max_backup", "max_size"):
        if (getattr(settings, key) or 0) < 0:
            yield Finding(path=(*_PATH, key), what="a negative number means nothing", hint="Use 0 or more.")
    if settings.format and settings.format not in _FORMATS:
        what = f"'{settings.format}' is not a format of the audit log"
        yield Finding(path=(*_PATH, "format"), what=what, hint=nearest(settings.format, _FORMATS))
    if settings.path and settings.path != "-" and not settings.path.startswith("/"):
        what = f"'{settings.path}' is not an absolute path"
        yield Finding(path=(*_PATH, "path"), what=what, hint=f"Write {DEFAULT_AUDIT_LOG.path}.")
    if settings.policy is not None:
        yield from _policy((*_PATH, "policy"), settings.policy)


def _of_rke(audit: AuditLogConfig, settings: AuditLogSettingsConfig) -> Iterator[Finding]:
    """Tell what RKE's releases make of settings that are left out, or switched off."""
    if not audit.enabled:
        what = "RKE passes these settings to the API server although audit_log is not enabled, and no policy's file"
        hint = "Write enabled: true, or remove the configuration."
        yield Finding(path=_PATH, what=what, hint=hint, warning=True, at_key=True)
        return
    names = ("max_age", "max_backup", "max_size", "path", "format")
    missing = [name for name in names if getattr(settings, name) in (None, "")]
    if missing:
        nothing = "; without a path nothing is written down" if "path" in missing else ""
        what = f"{', '.join(missing)} left out: RKE has 0 or nothing there when a configuration is given{nothing}"
        hint = f"Write {', '.join(f'{name}: {getattr(DEFAULT_AUDIT_LOG, name)}' for name in missing)}."
        yield Finding(path=_PATH, what=what, hint=hint, warning=True, at_key=True)


def _of_upstream(audit: AuditLogConfig, settings: AuditLogSettingsConfig) -> Iterator[Finding]:
    if not audit.enabled:
        what = "this has no effect while audit_log is not enabled"
        yield Finding(path=_PATH, what=what, hint="Write enabled: true.", warning=True, at_key=True)
    path = PurePosixPath(settings.path)
    outermost = "/".join(path.parent.parts[:2]).replace("//", "/")
    if path.is_absolute() and (".." in path.parts or outermost in _NOT_FOR_LOGS):
        what = f"{settings.path} is not in a folder for logs; its folder is mounted into the API server"
        yield Finding(path=(*_PATH, "path"), what=what, hint=f"Write {DEFAULT_AUDIT_LOG.path}.")


def _policy(path: Path, policy: Mapping[str, object]) -> Iterator[Finding]:
    yield from kind_findings(path, policy, "Policy")
    if "rules" not in policy:
        yield Finding(path=path, what="the policy has no rules", hint="Write rules: [{level: Metadata}].")
    rules = policy.get("rules")
    yield from map_findings((*path, "rules"), rules)
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping):
            yield from map_findings((*path, "rules", index, "resources"), rule.get("resources"))
    if not isinstance(policy.get("metadata") or {}, Mapping):
        yield Finding(path=(*path, "metadata"), what="this is not a map", hint="Leave it out.")
