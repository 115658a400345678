"""The container that is made and never started: its volume carries RKE's tools to the others."""

from __future__ import annotations

from rke_py.plan.containers import ContainerSpec
from rke_py.plan.rke.place import Place
from rke_py.plan.rke.shape import SIDEKICK, finished


def sidekick(place: Place) -> ContainerSpec:
    """Return the sidekick of a host."""
    return finished(
        place,
        ContainerSpec(
            name=SIDEKICK,
            image=place.cluster.images.kubernetes_services_sidecar,
            entrypoint=("/bin/bash",),
            network_mode="none",
            restart="",
            starts=False,
        ),
    )
