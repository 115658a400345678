from dataclasses import replace

import yaml
from pydantic import SecretStr

from rke_py.cluster.images_model import Registry
from rke_py.render.credential_providers import credential_providers


def test_without_a_registry_of_amazons_there_is_nothing(cluster):
    assert credential_providers(replace(cluster, registries=(Registry(url="lan.example"),))) == ""


def test_one_program_logs_in_to_all_registries_of_amazons(cluster):
    keys = {"AWS_SECRET_ACCESS_KEY": SecretStr("hunter2"), "AWS_ACCESS_KEY_ID": SecretStr("me")}
    registries = (
        Registry(url="https://1.dkr.ecr.eu-west-1.amazonaws.com", ecr=True, ecr_environment=keys),
        Registry(url="lan.example", user="u"),
        Registry(url="1.dkr.ecr.us-east-1.amazonaws.com/team", ecr=True, ecr_environment=keys),
    )
    document = yaml.safe_load(credential_providers(replace(cluster, registries=registries)))
    assert (document["apiVersion"], document["kind"]) == ("kubelet.config.k8s.io/v1", "CredentialProviderConfig")
    assert document["providers"] == [
        {
            "name": "ecr-credential-provider",
            "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
            "defaultCacheDuration": "12h",
            "matchImages": ["1.dkr.ecr.eu-west-1.amazonaws.com", "1.dkr.ecr.us-east-1.amazonaws.com/team"],
            "env": [
                {"name": "AWS_ACCESS_KEY_ID", "value": "me"},
                {"name": "AWS_SECRET_ACCESS_KEY", "value": "hunter2"},
            ],
        }
    ]
