"""The controller manager of a control-plane host."""

from __future__ import annotations

from rke_py.pki.paths import certificate_path, key_path, kubeconfig_path
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import CLOUD_CONFIG
from rke_py.plan.rke.place import Place
from rke_py.plan.rke.shape import (
    CLOUD_CHECKSUM,
    SIDEKICK,
    binds,
    cloud_files,
    command_line,
    distinct,
    entrypoint,
    finished,
    kubernetes_bind,
    older_than,
    overlaid,
)
from rke_py.render.rke import checksum

NAME = "kube-controller-manager"


def kube_controller_manager(place: Place) -> ContainerSpec:
    """Return the controller manager."""
    service, settings = place.cluster.services.kube_controller, place.settings
    flags = overlaid(_built_in(place), settings.options["kubeController"])
    if place.minor >= (1, 22):
        flags |= dict.fromkeys(("authentication-kubeconfig", "authorization-kubeconfig"), flags["kubeconfig"])
    cloud = place.cluster.cloud
    checksums = (f"{CLOUD_CHECKSUM}={checksum(cloud.config.get_secret_value())}",) if cloud.name else ()
    return finished(
        place,
        ContainerSpec(
            name=NAME,
            image=place.cluster.images.kube_controller_manager,
            entrypoint=(
                *entrypoint(place, NAME),
                *command_line({**flags, **service.extra_args}, service.extra_args_array),
            ),
            command=("--use-service-account-credentials=true",) if place.cluster.api.rbac else (),
            env=distinct((*service.extra_env, *checksums)),
            binds=binds(place, (kubernetes_bind(place),), service.extra_binds),
            volumes_from=(SIDEKICK,),
            reads=cloud_files(place),
            check=_check(place.cluster.images.kube_controller_manager),
        ),
    )


def _built_in(place: Place) -> dict[str, str]:
    settings, provider = place.settings, place.cluster.cloud
    cloud = {"cloud-config": CLOUD_CONFIG} if provider.name else {}
    return cloud | {
        "cloud-provider": provider.flag,
        "cluster-cidr": settings.cluster_cidr,
        "kubeconfig": kubeconfig_path(NAME),
        "root-ca-file": certificate_path("kube-ca"),
        "service-account-private-key-file": key_path("kube-service-account-token"),
        "service-cluster-ip-range": settings.controller_service_range,
    }


def _check(image: str) -> HttpCheck:
    """Return the check: the plain port went away with 1.22; on the other the program signs for itself."""
    if older_than(image, "v1.21.99-rancher99"):
        return HttpCheck(port=10252, path="/healthz", address="localhost")
    return HttpCheck(port=10257, path="/healthz", address="localhost", self_signed=True)
