"""``monitoring``, ``addons``: what exists, what it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from rke_py.config.checks.placement import placement_findings
from rke_py.config.checks.providers import provider_findings
from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig
from rke_py.config.text import documents

_FLAG = re.compile(r"[a-z][a-z0-9-]*\Z", re.ASCII)
_OUR_FLAGS = frozenset({"secure-port", "tls-cert-file", "tls-private-key-file", "cert-dir"})


def monitoring_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with resource metrics."""
    yield from provider_findings(("monitoring", "provider"), config.monitoring.provider, ("metrics-server", "none"))
    if (config.monitoring.replicas or 0) < 0:
        yield Finding(path=("monitoring", "replicas"), what="a negative count means nothing")
    yield from _metrics_flags(config.monitoring.options)
    yield from placement_findings("monitoring", config.monitoring, daemon=False)


def _metrics_flags(flags: Mapping[str, str]) -> Iterator[Finding]:
    for name in flags:
        path: Path = ("monitoring", "options", name)
        if not _FLAG.match(name):
            what, hint = f"'{name}' is not the name of a flag of metrics-server", "Write it without leading dashes."
            yield Finding(path=path, what=what, hint=hint, at_key=True)
        elif name in _OUR_FLAGS:
            yield Finding(path=path, what=f"{name} is set by rke-py", hint="Remove it.", at_key=True)


def user_addon_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what keeps the manifests in ``addons`` from being applied; included files are read later."""
    for index, place in enumerate(config.addons_include):
        if not place.strip():
            yield Finding(path=("addons_include", index), what="the name of the file or URL is empty")
    if config.addon_job_timeout < 0:
        yield Finding(path=("addon_job_timeout",), what="a negative time means nothing", hint="Write seconds.")
    try:
        manifests = documents(config.addons)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1} of the text" if error.problem_mark else ""
        yield Finding(path=("addons",), what=f"the manifests are not YAML{line}: {error.problem}")
        return
    except yaml.YAMLError:
        yield Finding(path=("addons",), what="the manifests hold characters that YAML does not allow")
        return
    for number, manifest in enumerate(manifests, start=1):
        missing = _missing_in_manifest(manifest)
        if missing:
            yield Finding(path=("addons",), what=f"document {number} of the manifests has no {missing}")


def _missing_in_manifest(manifest: yaml.Node) -> str:
    if isinstance(manifest, yaml.ScalarNode) and not manifest.value:
        return ""
    entries = manifest.value if isinstance(manifest, yaml.MappingNode) else []
    given = {key.value for key, value in entries if isinstance(key, yaml.ScalarNode) and value.value}
    return " and ".join(key for key in ("apiVersion", "kind") if key not in given)
