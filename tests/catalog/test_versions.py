import dataclasses

import pytest

from rke_py.catalog.release import Refused, Release
from rke_py.catalog.upstream import MINORS
from rke_py.catalog.versions import find_release, newest
from rke_py.cluster.images_model import Images


@pytest.mark.parametrize("version", ["v1.33.0", "v1.33.13", "v1.34.4", "v1.34.99"])
def test_every_patch_of_a_known_minor_can_be_run(version):
    release = find_release(version)
    assert isinstance(release, Release)
    assert release.version == version
    assert release.family == "upstream"
    assert release.images["kube_apiserver"] == f"registry.k8s.io/kube-apiserver:{version}"
    assert release.images["kubelet"] == f"ghcr.io/siderolabs/kubelet:{version}"


def test_the_newest_version_can_be_run():
    assert isinstance(find_release(newest()), Release)


@pytest.mark.parametrize(
    ("version", "what", "hint"),
    [
        ("v1.20.15", "Kubernetes v1.20.15 is not in the catalog", "The nearest is v1.20.15-rancher2-2"),
        ("v1.24.17-rancher1", "v1.24.17-rancher1 is not a release", "v1.24.16-rancher1-1 and v1.24.17-rancher1-1"),
        ("v1.24.18-rancher1-1", "v1.24.18-rancher1-1 is not a release", "The nearest is v1.24.17-rancher1-1"),
        ("v1.33.1-rancher1-1", "v1.33.1-rancher1-1 is not a release", "The nearest is v1.33.13"),
        ("v1.24", "'v1.24' does not name a patch release", "The nearest is v1.24.17-rancher1-1"),
        ("1.24.17-rancher1-1", "'1.24.17-rancher1-1' lacks its leading v", "Write v1.24.17-rancher1-1."),
        ("v1.19.16-rancher1-1", "v1.19.16-rancher1-1 is older than v1.20", "to v1.20.15-rancher2-2"),
        ("v1.17.2-rancher1-1", "v1.17.2-rancher1-1 is older than v1.20", "through v1.18, v1.19 to v1.20.15-rancher2-2"),
        ("v1.35.1", "Kubernetes v1.35.1 is not in the catalog", "The nearest is v1.34.4"),
        ("1.34.4", "'1.34.4' lacks its leading v", "Write v1.34.4."),
        ("v1.34.04", "'v1.34.04' has a zero too many", "The nearest is v1.34.4"),
        ("v1.034.4", "'v1.034.4' has a zero too many", "The nearest is v1.34.4"),
        ("v1.34", "'v1.34' does not name a patch release", "The nearest is v1.34.4"),
        ("v1.34.0-rc.1", "v1.34.0-rc.1 is not a final release", "The nearest is v1.34.4"),
        ("stable", "'stable' is not a Kubernetes version", "Write it as v1.34.4."),
        ("v1.34.४", "'v1.34.४' is not a Kubernetes version", "Write it as v1.34.4."),
    ],
)
def test_any_other_version_is_refused_with_the_nearest(version, what, hint):
    refused = find_release(version)
    assert isinstance(refused, Refused)
    assert refused.what.startswith(what)
    assert hint in refused.hint


ONLY_RKE = (
    *("weave_node", "weave_cni", "canal_flex_vol", "calico_flex_vol"),
    *("coredns_autoscaler", "kubedns_autoscaler"),
    *("alpine", "nginx_proxy", "cert_downloader", "kubernetes_services_sidecar"),
)
"""What upstream does not run: without an image of the autoscaler the number of nodes in cluster.yml counts."""


@pytest.mark.parametrize("row", MINORS.values(), ids=lambda row: row.newest)
def test_a_release_has_every_image_of_a_cluster(row):
    release = find_release(row.newest)
    assert isinstance(release, Release)
    every = {field.name for field in dataclasses.fields(Images)}
    assert every - release.images.keys() == set(ONLY_RKE)
    assert release.images.keys() <= every
    assert all(":" in image.rpartition("/")[2] for image in release.images.values())


def test_etcd_3_5_is_new_enough_to_be_followed_by_3_6():
    release = find_release(MINORS[1, 33].newest)
    assert isinstance(release, Release)
    _, _, tag = release.images["etcd"].rpartition(":v")
    assert tuple(int(part) for part in tag.split(".")) >= (3, 5, 26)
