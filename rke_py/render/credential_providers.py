"""How the kubelet gets logins for registries that give none for long: Amazon's, through Amazon's own program."""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.render.go_yaml import go_yaml

ECR_PROVIDER = "ecr-credential-provider"
"""The program of cloud-provider-aws; it has to be on every host."""


def credential_providers(cluster: Cluster) -> str:
    """Return the kubelet's CredentialProviderConfig, empty when no registry needs one; it may hold keys.

    One program is asked for all of Amazon's registries, and has one environment.
    """
    registries = [registry for registry in cluster.registries if registry.ecr]
    if not registries:
        return ""
    environment = {name: key.get_secret_value() for name, key in registries[0].ecr_environment.items()}
    provider = {
        "name": ECR_PROVIDER,
        "matchImages": [registry.place for registry in registries],
        "defaultCacheDuration": "12h",
        "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
        "env": [{"name": name, "value": value} for name, value in sorted(environment.items())],
    }
    return go_yaml(
        {"apiVersion": "kubelet.config.k8s.io/v1", "kind": "CredentialProviderConfig", "providers": [provider]}
    )
