"""``system_images`` and ``private_registries`` → complete image references."""

from __future__ import annotations

from dataclasses import fields

from pydantic import SecretStr

from rke_py.catalog import upstream
from rke_py.catalog.release import RKE, Release
from rke_py.cluster.images_model import Images, Registry
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.images import EcrConfig

_DOCKER_HUB = "docker.io"
_KUBERNETES = ("kube_apiserver", "kube_controller_manager", "kube_scheduler", "kube_proxy", "kubelet")
"""What ``system_images.kubernetes`` stands for."""

ADDONS = frozenset(
    {
        *("flannel", "flannel_cni", "canal_node", "canal_cni", "canal_controllers", "canal_flannel", "canal_flexvol"),
        *("calico_node", "calico_cni", "calico_controllers", "calico_flexvol", "weave_node", "weave_cni"),
        *("coredns", "coredns_autoscaler", "kubedns", "dnsmasq", "kubedns_sidecar", "kubedns_autoscaler", "nodelocal"),
        *("metrics_server", "traefik", "ingress", "ingress_backend"),
    }
)
"""Keys of images that count wherever they are set, also where the release itself has none."""

_FIELDS = {"calico_flexvol": "calico_flex_vol", "canal_flexvol": "canal_flex_vol"}
"""Keys of ``system_images`` that ``Images`` spells otherwise."""


def resolve_images(config: ClusterConfig, release: Release) -> Images:
    """Return every image; what the release does not have is empty."""
    table = image_table(config, release)
    if release.family == RKE:
        table |= dict.fromkeys(_KUBERNETES, table["kubernetes"]) | {"haproxy": ""}
    named = {_FIELDS.get(key, key): image for key, image in table.items()}
    return Images(**{field.name: named[field.name] for field in fields(Images) if field.name in named})


def image_table(config: ClusterConfig, release: Release) -> dict[str, str]:
    """Return every image of a release by its key: the user's as written, the others behind the default registry.

    As in RKE, the default registry's ``url`` and a slash stand before every image that cluster.yml does not name.
    """
    given = config.system_images.given()
    kubernetes = given.get("kubernetes")
    named = dict.fromkeys(_KUBERNETES, kubernetes) if kubernetes else {}
    named |= given
    if config.services.kubelet.infra_container_image:
        named["pod_infra_container"] = config.services.kubelet.infra_container_image
    prefix = _prefix(config)
    defaults = {"tools": upstream.TOOLS} | dict(release.images)
    table = {key: named.get(key) or prefix + image for key, image in defaults.items()}
    return {key: image for key, image in named.items() if key in ADDONS} | table


def resolve_registries(config: ClusterConfig) -> tuple[Registry, ...]:
    """Return the registries; one without url is Docker Hub, as in RKE."""
    return tuple(
        Registry(
            url=registry.url or _DOCKER_HUB,
            user=registry.user,
            password=registry.password,
            is_default=registry.is_default,
            ecr=registry.ecr_credential_plugin is not None,
            ecr_environment=_ecr_environment(registry.ecr_credential_plugin),
        )
        for registry in config.private_registries
    )


def _ecr_environment(keys: EcrConfig | None) -> dict[str, SecretStr]:
    """Return the variables in which Amazon's programs look for keys; those of a key that is not given are left out."""
    given = {} if keys is None else {name.upper(): getattr(keys, name) for name in type(keys).model_fields}
    return {name: key for name, key in given.items() if key.get_secret_value()}


def _prefix(config: ClusterConfig) -> str:
    """Return what stands before every default image: the first default registry, as in RKE."""
    default = next((registry.url for registry in config.private_registries if registry.is_default), "")
    return f"{default.rstrip('/')}/" if default else ""
