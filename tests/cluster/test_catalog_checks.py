import pytest

from rke_py.cluster.catalog_checks import catalog_findings
from rke_py.config.findings import spell_path
from rke_py.config.load import load
from rke_py.errors import ConfigError

_ONE_NODE = "nodes: [{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker]}]\n"
_ECR = "1.dkr.ecr.eu-west-1.amazonaws.com"


def said(text, version=""):
    return [
        (spell_path(finding.path), finding.what) for finding in catalog_findings(load(_ONE_NODE + text).config, version)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("services: {kubelet: {extra_args: {max-pods: 200}}}", []),
        (
            "services: {kube-api: {extra_args: {enable-admision-plugins: A}}}",
            [
                (
                    "services.kube-api.extra_args.enable-admision-plugins",
                    "kube-apiserver v1.34 has no flag enable-admision-plugins",
                )
            ],
        ),
        (
            "services: {etcd: {extra_args_array: {enable-v2: ['true']}}}",
            [("services.etcd.extra_args_array.enable-v2", "etcd v1.34 has no flag enable-v2")],
        ),
        (
            "kubernetes_version: v1.27.16-rancher1-1\nservices: {kubelet: {extra_args: {container-runtime: remote}}}",
            [("services.kubelet.extra_args.container-runtime", "kubelet v1.27 has no flag container-runtime")],
        ),
        (
            "kubernetes_version: v1.26.15-rancher1-1\nservices: {kubelet: {extra_args: {container-runtime: remote}}}",
            [],
        ),
        (
            "kubernetes_version: v1.24.99-rancher1-1",
            [("kubernetes_version", "v1.24.99-rancher1-1 is not a release of RKE's that rke-py knows")],
        ),
        (
            f"private_registries: [{{url: {_ECR}, is_default: true, ecr_credential_plugin: {{}}}}]",
            [
                (
                    "private_registries[0]",
                    "Docker has no login for images of components there, such as "
                    f"{_ECR}/docker.io/library/traefik:v3.7.8",
                )
            ],
        ),
        (f"private_registries: [{{url: {_ECR}, ecr_credential_plugin: {{}}}}]", []),
        (
            f"private_registries: [{{url: {_ECR}, is_default: true, user: AWS, password: a, "
            "ecr_credential_plugin: {}}]",
            [],
        ),
        (
            "system_images: {alpine: a/b:c, etcd: a/b:c, kubernetes: a/b:c}",
            [("system_images", "these images have no effect with Kubernetes v1.34: alpine")],
        ),
    ],
)
def test_what_the_catalog_knows(text, expected):
    assert said(text) == expected


def test_flags_are_those_of_the_version_that_will_run():
    text = "services: {kubelet: {extra_args: {cloud-config: /etc/cloud}}}"
    assert said(text, "v1.33.13") == []
    assert len(said(text, "v1.34.4")) == 1


def test_a_wrong_flag_names_the_nearest():
    text = _ONE_NODE + "services: {kubelet: {extra_args: {max-pod: 200}}}"
    with pytest.raises(ConfigError) as raised:
        load(text, checks=(catalog_findings,))
    (problem,) = raised.value.problems
    assert problem.where == "cluster.yml:2:35 services.kubelet.extra_args.max-pod"
    assert problem.hint == "Did you mean max-pods?"
