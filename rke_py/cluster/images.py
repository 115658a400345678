"""``system_images`` and ``private_registries`` → complete image references."""

from __future__ import annotations

from collections.abc import Mapping

from rke_py.cluster.model import Images, Registry
from rke_py.config.schema import ClusterConfig

_DOCKER_HUB = "docker.io"
_KUBERNETES = ("kube_apiserver", "kube_controller_manager", "kube_scheduler", "kube_proxy", "kubelet")
"""What ``system_images.kubernetes`` stands for."""


def resolve_images(config: ClusterConfig, defaults: Mapping[str, str]) -> Images:
    """Return every image: the user's as written, the others from the catalog behind the default registry."""
    given = config.system_images.given()
    kubernetes = given.get("kubernetes")
    named = dict.fromkeys(_KUBERNETES, kubernetes) if kubernetes else {}
    named |= given
    if config.services.kubelet.infra_container_image:
        named["pod_infra_container"] = config.services.kubelet.infra_container_image
    prefix = _prefix(config)
    return Images(**{key: named.get(key) or prefix + image for key, image in defaults.items()})


def resolve_registries(config: ClusterConfig) -> tuple[Registry, ...]:
    """Return the registries; one without url is Docker Hub, as in RKE."""
    return tuple(
        Registry(
            url=(registry.url or _DOCKER_HUB).rstrip("/"),
            user=registry.user,
            password=registry.password,
            is_default=registry.is_default,
        )
        for registry in config.private_registries
    )


def _prefix(config: ClusterConfig) -> str:
    """Return what stands before every default image: the first default registry, as in RKE."""
    default = next((registry.url for registry in config.private_registries if registry.is_default), "")
    return f"{default.rstrip('/')}/" if default else ""
