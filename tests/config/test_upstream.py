"""What releases of the upstream family cannot do: each with its way out."""

import pytest

from rke_py.config.findings import spell_path
from rke_py.config.load import load
from rke_py.config.upstream import upstream_findings

from .conftest import NODES


def told(text):
    return list(upstream_findings(load(NODES + text).config))


def lines(text):
    return [f"{'~' if finding.warning else ''}{spell_path(finding.path)}: {finding.what}" for finding in told(text)]


ECR = "1.dkr.ecr.eu-west-1.amazonaws.com"
KEYS = "{aws_access_key_id: a, aws_secret_access_key: b}"


@pytest.mark.parametrize(
    "text",
    [
        "cloud_provider: {}",
        "cloud_provider: {name: external}",
        "cloud_provider: {name: external-aws, useInstanceMetadataHostname: false}",
        "cloud_provider: {name: external, azureCloudProvider: {tenantId: a}}",
        "cloud_provider: {harvesterCloudProvider: {cloud_config: a}}",
        "cloud_provider: {name: mine, customCloudProvider: a}",
        "cloud_provider: {name: external-aws, awsCloudProvider: {global: {zone: a}}}",
        "enable_cri_dockerd: false",
        "enable_cri_dockerd: null",
        "authorization: {mode: RBAC}",
        "network: {enable_br_netfilter: false}",
        "authentication: {strategy: x509|webhook}",
        "services: {kube-api: {audit_log: {enabled: true}, secrets_encryption_config: {enabled: true}}}",
        f"private_registries: [{{url: {ECR}, ecr_credential_plugin: {{}}}}]",
        f"private_registries: [{{url: {ECR}, ecr_credential_plugin: {KEYS}}},"
        f" {{url: {ECR}/a, ecr_credential_plugin: {KEYS}}}]",
    ],
)
def test_what_can_be_done_is_no_obstacle(text):
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("{name: azure, azureCloudProvider: {tenantId: a}}", "name", "cloud-provider-azure"),
        ("{vsphereCloudProvider: {}}", "vsphereCloudProvider", "cloud-provider-vsphere"),
        ("{openstackCloudProvider: {}}", "openstackCloudProvider", "openstack-cloud-controller-manager"),
        ("{name: aws, customCloudProvider: a}", "name", "external-aws"),
    ],
)
def test_a_cloud_that_was_part_of_kubernetes_is_refused_with_who_took_its_place(text, place, hint):
    (finding,) = told(f"cloud_provider: {text}")
    assert (finding.path[-1], finding.warning) == (place, False)
    assert "no longer part of Kubernetes" in finding.what
    assert hint in finding.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "enable_cri_dockerd: true",
            [
                "enable_cri_dockerd: pods run in containerd: nobody publishes cri-dockerd as an image, "
                "and nothing is installed on hosts"
            ],
        ),
        (
            "cri_dockerd_stream_server_port: 10010",
            [
                "~cri_dockerd_stream_server_port: cri_dockerd_stream_server_port has no effect: pods run in containerd",
            ],
        ),
        (
            "cloud_provider: {name: external-aws, useInstanceMetadataHostname: true}",
            [
                "cloud_provider.useInstanceMetadataHostname: nodes have to be named in cluster.yml: "
                "each has a certificate of that name"
            ],
        ),
        (
            "authorization: {mode: none}",
            [
                "~authorization.mode: whoever can log in may do everything, "
                "every pod with a service account's token included"
            ],
        ),
        (
            "authentication: {webhook: {config_file: /etc/kubernetes/webhook.yaml}}",
            ["authentication.webhook.config_file: this is not the text of a kubeconfig"],
        ),
        (
            f"private_registries: [{{url: {ECR}, ecr_credential_plugin: {{}}}},"
            f" {{url: {ECR}/a, ecr_credential_plugin: {KEYS}}}]",
            [
                "private_registries[1].ecr_credential_plugin: the keys differ from those of another registry, "
                "and the kubelet has one set for all of Amazon's"
            ],
        ),
    ],
)
def test_what_cannot_be_done_is_said(text, said):
    assert lines(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "enable_cri_dockerd: true",
        "authorization: {mode: none}",
        "cloud_provider: {name: external, useInstanceMetadataHostname: true}",
    ],
)
def test_every_refusal_has_a_way_out(text):
    assert all(finding.hint.endswith(".") for finding in told(text))
