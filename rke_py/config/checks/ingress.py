"""``ingress``: the ways in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rke_py.config.checks.placement import placement_findings
from rke_py.config.checks.providers import provider_findings
from rke_py.config.checks.syntax import is_port
from rke_py.config.findings import Finding, Path, nearest
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.addons import IngressConfig

INGRESS_PROVIDERS = ("nginx", "traefik", "none")
NETWORK_MODES = ("hostPort", "hostNetwork", "none")
DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_FLAG = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]-]*\Z", re.ASCII)
_ENTRY = re.compile(r"[-._a-zA-Z0-9]+\Z", re.ASCII)
_PORT_FLAGS = ("http-port", "https-port")
_PRIORITY = "nginx_ingress_controller_priority_class_name"


def ingress_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with the way in."""
    ingress = config.ingress
    yield from provider_findings(("ingress", "provider"), ingress.provider, INGRESS_PROVIDERS)
    for key, value, known in (
        ("network_mode", ingress.network_mode, NETWORK_MODES),
        ("dns_policy", ingress.dns_policy, DNS_POLICIES),
    ):
        if value and value not in known:
            yield Finding(path=("ingress", key), what=f"'{value}' is not a {key}", hint=nearest(value, known))
    yield from _ports(ingress)
    yield from _flags(("ingress", "extra_args"), ingress.extra_args)
    if ingress.provider == "traefik":
        yield from _flags(("ingress", "options"), ingress.options)
    else:
        yield from _entries(ingress.options)
        yield from _port_flags(ingress.extra_args)
    yield from _objects("extra_envs", ingress.extra_envs, ("name",))
    if ingress.provider != "none":
        yield from _values(ingress.extra_envs)
    yield from _objects("extra_volumes", ingress.extra_volumes, ("name",))
    yield from _objects("extra_volume_mounts", ingress.extra_volume_mounts, ("name", "mountPath"))
    yield from placement_findings("ingress", ingress, daemon=True)


def _ports(ingress: IngressConfig) -> Iterator[Finding]:
    """Yield what is wrong with the hosts' ports, which mode hostPort alone uses."""
    http, https = ingress.http_port or 80, ingress.https_port or 443
    for key, port in (("http_port", http), ("https_port", https)):
        if not is_port(str(port)):
            yield Finding(path=("ingress", key), what=f"{port} is not a port", hint="Use 1 to 65535.")
    if http == https:
        yield Finding(path=("ingress", "https_port"), what=f"{https} is http_port already", hint="Use another one.")
    if ingress.network_mode in ("hostNetwork", "none"):
        for key, given in (("http_port", ingress.http_port), ("https_port", ingress.https_port)):
            if given:
                what = f"{key} has no effect with network_mode {ingress.network_mode}"
                yield Finding(path=("ingress", key), what=what, hint="Remove it.", warning=True, at_key=True)


def _flags(path: Path, flags: Mapping[str, str]) -> Iterator[Finding]:
    for name in flags:
        if not _FLAG.match(name):
            what, hint = f"'{name}' is not the name of a flag", "Write it without leading dashes."
            yield Finding(path=(*path, name), what=what, hint=hint, at_key=True)


def _entries(options: Mapping[str, str]) -> Iterator[Finding]:
    """Yield names that no entry of nginx's ConfigMap can have."""
    for name in options:
        if not _ENTRY.match(name) or name == "." or name.startswith("..") or len(name) > 253:
            what, hint = f"'{name}' cannot be the name of a setting", "Write it as in a ConfigMap: use-gzip."
            yield Finding(path=("ingress", "options", name), what=what, hint=hint, at_key=True)


def _port_flags(flags: Mapping[str, str]) -> Iterator[Finding]:
    """Yield nginx's own ports that are none: they are the container's, too."""
    for name in _PORT_FLAGS:
        if name in flags and not is_port(flags[name]):
            yield Finding(path=("ingress", "extra_args", name), what=f"'{flags[name]}' is not a port")


def _values(variables: tuple[dict[str, object], ...]) -> Iterator[Finding]:
    """Yield values of variables that the API server would not take, and RKE did not."""
    for index, variable in enumerate(variables):
        if not isinstance(variable.get("value"), str | None):
            what, hint = "the value of a variable has to be text", "Put it in quotes."
            yield Finding(path=("ingress", "extra_envs", index, "value"), what=what, hint=hint)


def _objects(key: str, objects: tuple[dict[str, object], ...], needed: tuple[str, ...]) -> Iterator[Finding]:
    for index, entry in enumerate(objects):
        missing = " and ".join(name for name in needed if not isinstance(entry.get(name), str) or not entry[name])
        if missing:
            yield Finding(path=("ingress", key, index), what=f"{missing} is missing", hint="Write it as in a pod.")
