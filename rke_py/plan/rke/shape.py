"""What RKE's containers have in common: how their flags, binds and environment are put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rke_py.catalog.order import order
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.conventions import CLOUD_CONFIG, NAME_LABEL
from rke_py.plan.rke.place import Place

SIDEKICK = "service-sidekick"
"""The container whose volume holds the entrypoint, cri-dockerd and the snapshot program for all others."""

CLOUD_CHECKSUM = "RKE_CLOUD_CONFIG_CHECKSUM"

_TOOLS_MOVED = order("0.1.13")
_ENTRYPOINT, _OLD_ENTRYPOINT = "/opt/rke-tools/entrypoint.sh", "/opt/rke/entrypoint.sh"
_LEVEL, OWN_TYPE = "label=level:s0:c1000,c1001", "label=type:rke_container_t"
_OWN_TYPE_SINCE = (1, 22)
"""From this minor on binds are not relabelled any more; containers get a type of their own instead."""


def entrypoint(place: Place, component: str) -> tuple[str, ...]:
    """Return the script of RKE's tools that prepares the host and then becomes the component."""
    tools = tag_order(place.cluster.images.kubernetes_services_sidecar)
    moved = tools is None or _TOOLS_MOVED is None or tools >= _TOOLS_MOVED
    return (_ENTRYPOINT if moved else _OLD_ENTRYPOINT, component)


def tag_order(image: str) -> tuple[object, ...] | None:
    """Return what an image's tag sorts by among versions; None when it is not a version."""
    return order(image.rpartition("/")[2].partition(":")[2])


def older_than(image: str, version: str) -> bool:
    """Tell whether an image's tag is a version before that one; one that is no version counts as new."""
    tag, bound = tag_order(image), order(version)
    return tag is not None and bound is not None and tag < bound


def overlaid(built_in: Mapping[str, str], options: Mapping[str, str]) -> dict[str, str]:
    """Return the built-in flags with RKE's options laid over them; an empty option takes a flag away."""
    flags = dict(built_in)
    for name, value in options.items():
        if value:
            flags[name] = value
        else:
            flags.pop(name, None)
    return flags


def command_line(flags: Mapping[str, str], repeated: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the flags, then the user's ``extra_args_array``, which come on top of a flag of the same name.

    RKE's order is random; here it is that of the names.
    """
    return (
        *(f"--{name}={flags[name]}" for name in sorted(flags)),
        *(f"--{name}={value}" for name, values in sorted(repeated.items()) for value in values),
    )


def kubernetes_bind(place: Place) -> str:
    """Return the bind of the folder in which certificates and configuration lie."""
    return f"{place.on_host('/etc/kubernetes')}:/etc/kubernetes:z"


def binds(place: Place, own: Iterable[str], extra: Iterable[str]) -> tuple[str, ...]:
    """Return the binds, each once; RKE's own lose their SELinux relabelling from 1.22 on, the user's never."""
    kept = own if place.minor < _OWN_TYPE_SINCE else map(_without_relabelling, own)
    return distinct((*kept, *extra))


def distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the texts trimmed, each once and none empty, the first of equal ones in its place."""
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


def cloud_files(place: Place) -> tuple[str, ...]:
    """Return the file with the cloud's settings: who is told of it opens it at its start, also an empty one."""
    return (CLOUD_CONFIG,) if place.cluster.cloud.name else ()


def finished(place: Place, spec: ContainerSpec) -> ContainerSpec:
    """Return the container with its label and what SELinux needs."""
    labels = {NAME_LABEL: spec.name}
    return replace(spec, labels=labels, security_opt=tuple(_security(place, spec)))


def _security(place: Place, spec: ContainerSpec) -> Iterable[str]:
    if not place.selinux or spec.privileged:
        return
    if spec.name == SIDEKICK or SIDEKICK in spec.volumes_from:
        yield _LEVEL
    if place.minor >= _OWN_TYPE_SINCE:
        yield OWN_TYPE


def _without_relabelling(bind: str) -> str:
    return bind[:-2] if bind.endswith((":z", ",z")) else bind
