"""The scheduler of a control-plane host."""

from __future__ import annotations

from rke_py.pki.paths import kubeconfig_path
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.rke.place import Place
from rke_py.plan.rke.shape import (
    SIDEKICK,
    binds,
    command_line,
    entrypoint,
    finished,
    kubernetes_bind,
    older_than,
    overlaid,
)

NAME = "kube-scheduler"


def kube_scheduler(place: Place) -> ContainerSpec:
    """Return the scheduler."""
    service = place.cluster.services.scheduler
    flags = overlaid({"kubeconfig": kubeconfig_path(NAME)}, place.settings.options["scheduler"])
    if place.minor >= (1, 22):
        flags |= dict.fromkeys(("authentication-kubeconfig", "authorization-kubeconfig"), flags["kubeconfig"])
    return finished(
        place,
        ContainerSpec(
            name=NAME,
            image=place.cluster.images.kube_scheduler,
            entrypoint=(
                *entrypoint(place, NAME),
                *command_line({**flags, **service.extra_args}, service.extra_args_array),
            ),
            env=service.extra_env,
            binds=binds(place, (kubernetes_bind(place),), service.extra_binds),
            volumes_from=(SIDEKICK,),
            check=_check(place.cluster.images.kube_scheduler),
        ),
    )


def _check(image: str) -> HttpCheck:
    """Return the check: the plain port went away with 1.23; on the other the scheduler signs for itself."""
    if older_than(image, "v1.22.99-rancher99"):
        return HttpCheck(port=10251, path="/healthz", address="localhost")
    return HttpCheck(port=10259, path="/healthz", address="localhost", self_signed=True)
