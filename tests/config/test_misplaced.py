import pytest

from .conftest import NODES, problems_of


def said(text):
    return [(problem.what, problem.hint) for problem in problems_of(NODES + text) if " is not a" in problem.what]


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("kublet: {}", "kublet is not a top-level key", "Did you mean kubelet? It belongs under services."),
        (
            "s3backupconfig: {}",
            "s3backupconfig is not a top-level key",
            "It belongs under services.etcd.backup_config.",
        ),
        ("extra_args: {}", "extra_args is not a top-level key", "It belongs to an entry of services or ingress."),
        ("provider: nginx", "provider is not a top-level key", "It belongs under dns, ingress or monitoring."),
        ("clusterName: a", "clusterName is not a top-level key", "Did you mean cluster_name?"),
        ("role: [etcd]", "role is not a top-level key", "It belongs to an entry of nodes: indent it further."),
        (
            "services:\n  kube-api:\n  service_node_port_range: 1-2\n",
            "service_node_port_range is not a key of services",
            "It belongs under services.kube-api: indent it further.",
        ),
        (
            "services: {kubelet: {kube-api: {}}}",
            "kube-api is not a key of kubelet",
            "It belongs under services: indent it less.",
        ),
        (
            "dns: {provider: none, monitoring: {}}",
            "monitoring is not a key of dns",
            "It is a top-level key: move it to the left margin.",
        ),
        (
            "network: {update_strategy: {rolling_update: {}}}",
            "rolling_update is not a key of update_strategy",
            "Did you mean rollingUpdate?",
        ),
        ("nothing_like_it: 1", "nothing_like_it is not a top-level key", ""),
    ],
)
def test_what_was_probably_meant(text, what, hint):
    assert said(text) == [(what, hint)]


def test_the_shape_of_the_value_decides_between_two_places():
    assert said("etcd: {snapshot: false}") == [("etcd is not a top-level key", "It belongs under services.")]
    assert said("etcd: a/b:c") == [("etcd is not a top-level key", "It belongs under system_images.")]
