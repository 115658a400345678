import pytest

from rke_py.catalog import rke
from rke_py.catalog.release import Refused, Release
from rke_py.catalog.versions import find_release, minors, newest_of

IMAGES = dict.fromkeys(rke.NEEDED, "mine/image:v1") | {"kubernetes": "mine/hyperkube:v1.28.99-rancher1"}


def found(version, images=None) -> Release:
    release = find_release(version, images)
    assert isinstance(release, Release)
    return release


def test_every_release_rke_had_is_there_in_order():
    versions = rke.versions()
    assert len(versions) == 163
    assert (versions[0], versions[-1]) == ("v1.20.4-rancher1-1", "v1.32.13-rancher1-2")
    assert versions.index("v1.31.9-rancher1-1") < versions.index("v1.31.10-rancher1-1")


@pytest.mark.parametrize("version", rke.versions())
def test_every_release_has_what_a_host_needs(version):
    release = found(version)
    assert release.family == "rke"
    assert release.images.keys() >= set(rke.NEEDED)
    assert release.options.keys() == {"etcd", "kubeapi", "kubelet", "kubeController", "kubeproxy", "scheduler"}
    assert release.templates.keys() >= {"canal", "coreDNS", "metricsServer", "nginxIngress"}
    assert "20.10" in release.docker


def test_a_release_lays_its_own_images_over_those_of_its_minor():
    images = found("v1.28.11-rancher1-1").images
    assert images["kubernetes"] == "rancher/hyperkube:v1.28.11-rancher1"
    assert images["alpine"] == "rancher/rke-tools:v0.1.100"
    assert images["etcd"] == found("v1.28.10-rancher1-1").images["etcd"]


def test_an_image_that_a_release_does_not_have_is_left_out():
    assert "weave_node" in found("v1.29.9-rancher1-1").images
    assert "weave_node" not in found("v1.30.2-rancher1-1").images


@pytest.mark.parametrize(
    ("version", "image", "guarded", "dockershim"),
    [
        ("v1.22.7-rancher1-2", "rancher/hyperkube:v1.22.7-rancher1", True, True),
        ("v1.22.7-rancher1-1", "rancher/hyperkube:v1.22.7-rancher1", False, True),
        ("v1.22.7-rancher1-2", "mine/hyperkube:v1.28.1", True, True),  # the exact version before everything
        ("v1.22.17-rancher1-2", "mine:5000/hyperkube:v1.28.1", False, False),  # the image's minor before the version's
        ("v1.22.17-rancher1-2", "mine:5000/hyperkube", False, True),
    ],
)
def test_which_service_options_count(version, image, guarded, dockershim):
    options = rke.service_options(version, image)
    assert ("experimental-initial-corrupt-check" in options["etcd"]) is guarded
    assert ("network-plugin" in options["kubelet"]) is dockershim


@pytest.mark.parametrize(
    ("addon", "version", "template"),
    [
        ("canal", "v1.22.17-rancher1-1", "canal-v3.22.5"),
        ("canal", "v1.22.17-rancher1-2", "canal-v3.22.5-rancher2"),
        ("nginxIngress", "v1.28.14-rancher1-1", "nginxingress-v1.11.2-rancher2"),
        ("unheard-of", "v1.30.5-rancher1-1", ""),
    ],
)
def test_the_template_of_an_addon_follows_from_the_first_range(addon, version, template):
    assert rke.template(addon, version) == template


def test_a_release_rke_never_had_can_be_made_of_the_users_images():
    release = found("v1.28.99-rancher1-1", IMAGES)
    assert (release.images, release.minor) == (IMAGES, (1, 28))
    assert "network-plugin" not in release.options["kubelet"]


@pytest.mark.parametrize("missing", rke.NEEDED)
def test_but_not_when_an_image_is_missing(missing):
    images = {key: image for key, image in IMAGES.items() if key != missing}
    assert not isinstance(find_release("v1.28.99-rancher1-1", images), Release)


def test_a_release_that_nobody_knows_is_not_exchanged_for_another_but_run_with_the_images_that_it_has():
    refused = find_release("v1.28.99-rancher1-1")
    assert isinstance(refused, Refused)
    assert refused.what == "v1.28.99-rancher1-1 is not a release of RKE's that rke-py knows"
    assert "systemImages in cluster.rkestate" in refused.hint


def test_a_minor_that_rke_never_had_is_told_so():
    refused = find_release("v1.33.1-rancher1-1", IMAGES)
    assert isinstance(refused, Refused)
    assert "is not a release that RKE had" in refused.what


def test_the_default_of_rke_1_7_is_there_although_its_metadata_lost_it():
    images = found("v1.31.1-rancher1-1").images
    assert images["alpine"] == "rancher/rke-tools:v0.1.100"
    assert images["canal_node"] == "rancher/mirrored-calico-node:v3.28.0"
    assert images["etcd"] == "rancher/mirrored-coreos-etcd:v3.5.15"


def test_the_newest_of_a_minor_is_one_that_anybody_can_pull():
    assert newest_of((1, 31)) == "v1.31.10-rancher1-1"
    assert found("v1.32.13-rancher1-2").subscription
    assert newest_of((1, 19)) is None


def test_the_two_families_follow_one_another():
    numbers = [minor for _, minor in minors()]
    assert numbers == list(range(20, numbers[-1] + 1))


def test_what_a_release_of_rke_deployed_when_no_version_was_named():
    assert rke.default_of("v1.4.15") == "v1.27.10-rancher1-1"
    assert rke.default_of("v1.8.0") == "v1.32.2-rancher1-1"
    assert rke.default_of("v0.0.1") is None


def test_which_releases_of_rke_offer_a_version():
    assert rke.rke_releases("v1.22.17-rancher1-1") == ("1.3.3-rc0", "1.3.99")
    assert rke.rke_releases("v1.31.2-rancher2-1") == ("1.7.0-rc0", "")
