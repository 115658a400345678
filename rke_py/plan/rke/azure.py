"""Azure's cloud-config, which RKE's containers complete on the host: what they put in is nobody's edit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rke_py.plan.arguments import flag_value
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.conventions import CLOUD_CONFIG
from rke_py.plan.files import FileSpec
from rke_py.plan.observed import ObservedHost
from rke_py.plan.rke.shape import CLOUD_CHECKSUM

_KUBELET = "kubelet"
_SET = {"useInstanceMetadata": True}
"""What the entrypoint sets whatever was written."""


def is_completed(path: str, host: ObservedHost) -> bool:
    """Tell whether RKE's entrypoint writes a file of a host anew at each start of kubelet, API server or controllers.

    It does for the cloud-config of the provider ``azure``: where the region, the resource group or the network are not
    given it asks the machine's metadata for them.
    """
    found = host.containers.get(_KUBELET)
    return path == CLOUD_CONFIG and found is not None and flag_value(_words(found.spec), "cloud-provider") == "azure"


def as_completed(want: FileSpec, wanted: Iterable[ContainerSpec], host: ObservedHost) -> bytes:
    """Return what a file is to hold: what is there, where that is the wanted text completed.

    Whoever takes a value out of cluster.yml means it: what is there counts only beside a kubelet that was made for the
    very text that is wanted.

    Args:
        want: The cloud-config.
        wanted: The containers as wanted.
        host: As observed.
    """
    there = (host.files or {}).get(want.path)
    kubelet, found = next((spec for spec in wanted if spec.name == _KUBELET), None), host.containers.get(_KUBELET)
    if there is None or kubelet is None or found is None or _checksum(kubelet) != _checksum(found.spec):
        return want.content
    return there.content if _completes(_object(there.content), _object(want.content)) else want.content


def _completes(there: Mapping[str, Any] | None, want: Mapping[str, Any] | None) -> bool:
    if there is None or want is None:
        return False
    given = {key: value for key, value in want.items() if value and key not in _SET}
    return {**given, **{key: there.get(key) for key in _SET}}.items() <= there.items()


def _object(text: bytes) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _checksum(spec: ContainerSpec) -> str:
    return next((text for text in spec.env if text.startswith(f"{CLOUD_CHECKSUM}=")), "")


def _words(spec: ContainerSpec) -> tuple[str, ...]:
    return (*spec.entrypoint, *spec.command)
