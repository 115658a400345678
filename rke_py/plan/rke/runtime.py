"""Through what a kubelet of RKE's reaches pods in Docker: the dockershim in it, or cri-dockerd beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rke_py.catalog.order import minor_of
from rke_py.plan.containers import ContainerSpec

CRI_DOCKERD = "RKE_KUBELET_CRIDOCKERD=true"
"""What tells RKE's entrypoint to start cri-dockerd beside the kubelet."""

NO_DOCKERSHIM = (1, 24)


def through_cri_dockerd(kubelet: ContainerSpec) -> bool:
    """Tell whether a kubelet reaches its pods through cri-dockerd."""
    return CRI_DOCKERD in kubelet.env


def asks_for_cri_dockerd(document: Mapping[str, Any]) -> bool:
    """Tell whether a configuration, RKE's JSON keys, has pods run through cri-dockerd; from 1.24 on nothing else is."""
    minor = minor_of(str(document.get("kubernetesVersion")))
    return bool(document.get("enableCriDockerd")) or minor is None or minor >= NO_DOCKERSHIM
