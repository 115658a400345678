"""``services``: binds, environment and the spelling of arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.service import ServiceConfig

_BIND_OPTIONS = frozenset(
    {"ro", "rw", "z", "Z", "shared", "rshared", "slave", "rslave", "private", "rprivate", "nocopy"}
    | {"cached", "delegated", "consistent"}
)
_VOLUME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]+\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")


def service_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what Docker would refuse in a service's additions, and keys without effect."""
    for key, service in config.services.by_key().items():
        path: Path = ("services", key)
        yield from _without_effect(path, service)
        yield from _arguments(path, service)
        yield from _binds((*path, "extra_binds"), service.extra_binds)
        yield from _environment((*path, "extra_env"), service.extra_env)


def _without_effect(path: Path, service: ServiceConfig) -> Iterator[Finding]:
    if service.image:
        what, hint = "the image is taken from system_images, as in RKE", "Remove it here and write it there."
        yield Finding(path=(*path, "image"), what=what, hint=hint, warning=True, at_key=True)
    for name in ("win_extra_args", "win_extra_args_array", "win_extra_binds", "win_extra_env"):
        if getattr(service, name):
            what = f"{name} is for Windows hosts and has no effect"
            yield Finding(path=(*path, name), what=what, hint="Remove it.", warning=True, at_key=True)


def _arguments(path: Path, service: ServiceConfig) -> Iterator[Finding]:
    for key, arguments in (("extra_args", service.extra_args), ("extra_args_array", service.extra_args_array)):
        for flag in arguments:
            if flag.startswith("-") or "=" in flag or not flag.strip():
                hint = f"Write {flag.lstrip('-').partition('=')[0]}: value." if flag.strip("- ") else ""
                what = f"'{flag}' is not the bare name of a flag"
                yield Finding(path=(*path, key, flag), what=what, hint=hint, at_key=True)


def _binds(path: Path, binds: Sequence[str]) -> Iterator[Finding]:
    for index, bind in enumerate(binds):
        fault = _bind_fault(bind.strip()) if bind.strip() else ""
        if fault:
            what = f"'{bind}' is not a bind: {fault}"
            yield Finding(path=(*path, index), what=what, hint="Write /folder/on/host:/folder/in/container[:ro].")


def _bind_fault(bind: str) -> str:
    parts = bind.split(":")
    if len(parts) not in (2, 3):
        return "it has no two folders" if len(parts) < 2 else "it has too many colons"
    source, target, *options = parts
    if not source.startswith("/") and not _VOLUME.match(source):
        return "the source is neither an absolute path nor a volume's name"
    if not target.startswith("/"):
        return "the target is not an absolute path"
    unknown = set(options[0].split(",")) - _BIND_OPTIONS if options else set()
    return f"{', '.join(sorted(unknown))} is not an option" if unknown else ""


def _environment(path: Path, variables: Sequence[str]) -> Iterator[Finding]:
    """Check NAME=VALUE; the value may be a secret and is never shown. RKE drops what is empty."""
    for index, variable in enumerate(variables):
        name, equals, _ = variable.strip().partition("=")
        if not variable.strip():
            continue
        if not equals or not _VARIABLE.match(name):
            what = "this is not a variable" if not equals else "this variable's name cannot be used"
            yield Finding(path=(*path, index), what=what, hint="Write NAME=VALUE.")
