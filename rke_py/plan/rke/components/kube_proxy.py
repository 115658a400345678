"""The Service proxy of a host."""

from __future__ import annotations

from rke_py.pki.paths import kubeconfig_path
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.rke.place import Place
from rke_py.plan.rke.shape import (
    SIDEKICK,
    binds,
    command_line,
    distinct,
    entrypoint,
    finished,
    kubernetes_bind,
    overlaid,
)

NAME = "kube-proxy"
PORT = 10256


def kube_proxy(place: Place) -> ContainerSpec:
    """Return the host's kube-proxy."""
    service, settings, host = place.cluster.services.kubeproxy, place.settings, place.host
    built_in = {
        "cluster-cidr": settings.cluster_cidr,
        "hostname-override": host.name,
        "kubeconfig": kubeconfig_path(NAME),
    }
    flags = overlaid(built_in, settings.options["kubeproxy"])
    if place.cluster.cloud.name:
        # A cloud may call the node otherwise, and kube-proxy then does not find its address by the node's name.
        flags["bind-address"] = host.internal_address
    if place.cluster.cloud.metadata_hostname:
        flags.pop("hostname-override", None)
    own = (kubernetes_bind(place), "/run:/run", "/lib/modules:/lib/modules:ro")
    return finished(
        place,
        ContainerSpec(
            name=NAME,
            image=place.cluster.images.kube_proxy,
            entrypoint=(
                *entrypoint(place, NAME),
                *command_line({**flags, **service.extra_args}, service.extra_args_array),
            ),
            env=distinct(service.extra_env),
            binds=binds(place, own, service.extra_binds),
            pid_mode="host",
            privileged=True,
            volumes_from=(SIDEKICK,),
            check=HttpCheck(port=PORT, path="/healthz", address="localhost"),
        ),
    )
