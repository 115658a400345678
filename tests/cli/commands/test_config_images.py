import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rke_py.cli.root import root

NODES = "nodes: [{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker]}]\n"


def images(folder: Path, text: str) -> list[str]:
    path = folder / "cluster.yml"
    path.write_text(NODES + text)
    done = CliRunner().invoke(root, ["config", "images", "-f", str(path), "--output", "json"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_upstream_needs_its_nodes_images_and_those_of_its_addons(tmp_path):
    found = images(tmp_path, "kubernetes_version: v1.34.4\ningress: {provider: none}\nmonitoring: {provider: none}\n")
    assert [image.rpartition("/")[2].partition(":")[0] for image in found] == [
        *("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "haproxy"),
        *("pause", "tools", "flannel", "flannel-cni-plugin", "coredns"),
    ]


def test_one_image_under_several_names_is_listed_once(tmp_path):
    found = images(tmp_path, "kubernetes_version: v1.28.15-rancher1-1\n")
    assert found.count("rancher/rke-tools:v0.1.105") == 1
    assert found[:4] == [
        "rancher/mirrored-coreos-etcd:v3.5.10",
        "rancher/hyperkube:v1.28.15-rancher1",
        "rancher/rke-tools:v0.1.105",
        "rancher/mirrored-pause:3.7",
    ]


@pytest.mark.parametrize(
    ("choice", "wanted", "unwanted"),
    [
        ("network: {plugin: flannel}", "rancher/flannel-cni:", "rancher/mirrored-calico-node:"),
        ("network: {plugin: calico}", "rancher/mirrored-calico-ctl:", "rancher/mirrored-flannel-flannel:"),
        ("network: {plugin: none}", "rancher/mirrored-pause:", "rancher/mirrored-calico-node:"),
        ("dns: {provider: kube-dns}", "rancher/mirrored-k8s-dns-dnsmasq-nanny:", "rancher/mirrored-coredns-coredns:"),
        ("dns: {nodelocal: {ip_address: 169.254.20.10}}", "rancher/mirrored-k8s-dns-node-cache:", "weaveworks/"),
        ("ingress: {provider: none}", "rancher/mirrored-metrics-server:", "rancher/nginx-ingress-controller:"),
        (
            "ingress: {default_backend: true}",
            "rancher/mirrored-nginx-ingress-controller-defaultbackend:",
            "weaveworks/",
        ),
        ("monitoring: {provider: none}", "rancher/nginx-ingress-controller:", "rancher/mirrored-metrics-server:"),
    ],
)
def test_the_addons_that_are_chosen_count(tmp_path, choice, wanted, unwanted):
    found = images(tmp_path, f"kubernetes_version: v1.28.15-rancher1-1\n{choice}\n")
    assert any(image.startswith(wanted) for image in found)
    assert not any(image.startswith(unwanted) for image in found)


def test_the_default_registry_stands_before_what_is_not_named(tmp_path):
    registry = "private_registries: [{url: 'reg.example.com/mirror', is_default: true}]\n"
    found = images(
        tmp_path, f"{registry}system_images: {{etcd: mine/etcd:v3}}\nkubernetes_version: v1.24.17-rancher1-1\n"
    )
    assert found[0] == "mine/etcd:v3"
    assert all(image.startswith("reg.example.com/mirror/") for image in found[1:])


def test_every_image_of_a_release_without_a_file(tmp_path):
    done = CliRunner().invoke(root, ["config", "images", "--kubernetes-version", "v1.28.15-rancher1-1"])
    lines = done.stdout.splitlines()
    assert {"weaveworks/weave-kube:2.8.1", "rancher/hyperkube:v1.28.15-rancher1"} <= set(lines)
    assert len(lines) == len(set(lines))
    refused = CliRunner().invoke(root, ["config", "images", "--kubernetes-version", "v1.28.99-rancher1-1"])
    assert refused.exit_code == 2
