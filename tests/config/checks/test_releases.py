import pytest

_RANGES = "{service_cluster_ip_range: '10.43.0.0/16,fd01::/112'}"
_DUAL = f"services: {{kube-api: {_RANGES}, kube-controller: {_RANGES}}}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "kubernetes_version: v1.32.2-rancher1-1\nsystem_images: {kubernetes: 'a/b:v1.32.2-rancher1'}",
            [],
        ),
        (
            "kubernetes_version: v1.32.2-rancher1-1\nsystem_images: {kubernetes: 'a/b:v1.24.17-rancher1'}",
            [
                "~system_images.kubernetes: the tag of a/b:v1.24.17-rancher1 contradicts kubernetes_version "
                "v1.32.2-rancher1-1"
            ],
        ),
        (
            "kubernetes_version: v1.34.4\nsystem_images: {kubelet: 'a/b:v1.33.1', kube_proxy: 'a/c:mine'}",
            ["~system_images.kubelet: the tag of a/b:v1.33.1 contradicts kubernetes_version v1.34.4"],
        ),
        (
            "system_images: {kubernetes: 'a/b:v1.33.1', coredns: 'c/d:1'}",
            [
                "~system_images.kubernetes: images are pinned without kubernetes_version: what runs is a/b:v1.33.1, "
                "and a newer rke-py would change the rest"
            ],
        ),
        (
            "kubernetes_version: v1.20.15-rancher2-2\nenable_cri_dockerd: true",
            ["enable_cri_dockerd: cri-dockerd is there from Kubernetes v1.21 on, not for v1.20.15-rancher2-2"],
        ),
        (
            "kubernetes_version: v1.24.17-rancher1-1\nenable_cri_dockerd: false\ncri_dockerd_stream_server_port: 1",
            [
                "~enable_cri_dockerd: kubelet cannot use Docker without cri-dockerd from Kubernetes v1.24 on",
                "~cri_dockerd_stream_server_port: cri_dockerd_stream_server_port has no effect without cri-dockerd",
            ],
        ),
        ("kubernetes_version: v1.24.17-rancher1-1\ncri_dockerd_stream_server_port: 1", []),
        (
            f"kubernetes_version: v1.24.17-rancher1-1\n{_DUAL}",
            ["services.kube-api.service_cluster_ip_range: two ranges (dual stack) do not work with plugin canal"],
        ),
        (f"kubernetes_version: v1.24.17-rancher1-1\nnetwork: {{plugin: calico}}\n{_DUAL}", []),
        (
            "rotate_certificates: {services: [kubelet, kubelets]}",
            ["rotate_certificates.services[1]: 'kubelets' has no certificates of its own"],
        ),
        ("restore: {restore: true}", ["~restore.snapshot_name: restore names no snapshot"]),
    ],
)
def test_what_a_release_makes_of_it(told, text, said):
    assert told(text) == said
