"""Every release's own add-ons hang together, whatever is chosen, with that release's images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

import pytest
import yaml

from rke_py.catalog.release import Release
from rke_py.catalog.versions import every_version, find_release, minors, newest_of
from rke_py.cluster.catalog_checks import catalog_findings
from rke_py.cluster.model import Cluster
from rke_py.cluster.needed_images import needed_images
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.errors import ConfigError
from rke_py.pki.model import Credential
from rke_py.render.addons import render_addons

from .structure import faults

NODES = """\
nodes:
  - {address: 10.0.0.1, hostname_override: n1, user: u, role: [etcd, controlplane]}
  - {address: 10.0.0.2, hostname_override: n2, user: u, role: [worker]}
"""
DNS = ("coredns", "kube-dns")
PLUGINS = ("flannel", "canal", "calico", "weave")
ADDONS = """\
network: {{plugin: {plugin}}}
dns: {{provider: {dns}, nodelocal: {{ip_address: 169.254.20.10}}}}
ingress: {{default_backend: true}}
"""


def clusters(version: str) -> list[Cluster]:
    """Return the clusters of a version that the catalog has images for."""
    texts = [
        f"kubernetes_version: {version}\n{NODES}{ADDONS.format(plugin=plugin, dns=dns)}"
        for plugin, dns in zip(PLUGINS, DNS * 2, strict=True)
    ]
    found = []
    for text in texts:
        with suppress(ConfigError):  # weave, where it is gone
            found.append(resolve(load(text, checks=(catalog_findings,)).config))
    return found


def wrong(version: str, credentials: Mapping[str, Credential]) -> list[str]:
    found = []
    for cluster in clusters(version):
        objects = [item for addon in render_addons(cluster, credentials) for item in addon.objects]
        found += [f"{cluster.network.plugin}: {fault}" for fault in faults(objects)]
        found += [f"{cluster.network.plugin}: an image is empty" for item in objects if "'image': ''" in str(item)]
    return found


@pytest.mark.parametrize("minor", minors(), ids=lambda minor: f"v{minor[0]}.{minor[1]}")
def test_the_newest_of_every_minor(minor: tuple[int, int], credentials: Mapping[str, Credential]) -> None:
    version = newest_of(minor)
    assert version
    assert len(clusters(version)) >= 3
    assert wrong(version, credentials) == []


@pytest.mark.long
def test_every_release(credentials: Mapping[str, Credential]) -> None:
    assert [fault for version in every_version() for fault in wrong(version, credentials)] == []


def _images(value: object) -> Iterator[str]:
    """Yield every image in an object."""
    if isinstance(value, Mapping):
        yield from (item for key, item in value.items() if key == "image" and isinstance(item, str))
        yield from (image for item in value.values() for image in _images(item))
    elif isinstance(value, list):
        yield from (image for item in value for image in _images(item))


@pytest.mark.parametrize("minor", minors(), ids=lambda minor: f"v{minor[0]}.{minor[1]}")
@pytest.mark.parametrize("provider", ["nginx", "traefik"])
def test_every_image_that_is_rendered_is_one_to_mirror(
    minor: tuple[int, int], provider: str, credentials: Mapping[str, Credential]
) -> None:
    version = newest_of(minor)
    assert version
    release = find_release(version)
    assert isinstance(release, Release)
    for plugin, dns in zip(PLUGINS, DNS * 2, strict=True):
        text = f"kubernetes_version: {version}\n{NODES}{ADDONS.format(plugin=plugin, dns=dns)}"
        text = text.replace(
            "ingress: {", f"system_images: {{traefik: 'a/traefik:v3'}}\ningress: {{provider: {provider}, "
        )
        with suppress(ConfigError):  # weave, where it is gone
            config = load(text, checks=(catalog_findings,)).config
            cluster = resolve(config)
            objects = [item for addon in render_addons(cluster, credentials) for item in addon.objects]
            assert set(_images(objects)) <= set(needed_images(config, cluster, release))


@pytest.mark.parametrize(
    ("version", "weave"), [("v1.29.15-rancher1-1", True), ("v1.30.14-rancher1-1", False), ("v1.34.4", False)]
)
def test_weave_ends(version: str, weave: bool) -> None:
    release = find_release(version)
    assert isinstance(release, Release)
    assert ("weave" in [cluster.network.plugin for cluster in clusters(version)]) is weave


@pytest.mark.parametrize(
    ("services", "verified"), [("{}", False), ("{kubelet: {generate_serving_certificate: true}}", True)]
)
def test_rkes_kubelets_are_verified_where_the_clusters_ca_signed_for_them(
    credentials: Mapping[str, Credential], services: str, verified: bool
) -> None:
    text = f"kubernetes_version: v1.32.2-rancher1-1\n{NODES}services: {services}\n"
    addons = {addon.name: addon.objects for addon in render_addons(resolve(load(text).config), credentials)}
    (deployment,) = [str(item) for item in addons["metrics-server"] if item["kind"] == "Deployment"]
    assert ("--kubelet-certificate-authority=" in deployment) is verified
    assert ("--kubelet-insecure-tls=true" in deployment) is not verified


def test_without_rbac_no_roles_of_components_are_made(credentials: Mapping[str, Credential]) -> None:
    text = f"kubernetes_version: v1.22.17-rancher1-2\n{NODES}authorization: {{mode: none}}\n"
    names = [addon.name for addon in render_addons(resolve(load(text).config), credentials)]
    assert names == ["canal", "coredns", "metrics-server", "ingress-nginx"]


@pytest.mark.parametrize(("workers", "surge"), [(1, 1), (2, 0)])
def test_a_single_pod_of_rkes_dns_goes_once_its_successor_answers(
    credentials: Mapping[str, Credential], workers: int, surge: int
) -> None:
    nodes = [{"address": f"192.0.2.{n}", "user": "u", "role": ["worker"]} for n in range(2, 2 + workers)]
    core = {"address": "192.0.2.1", "user": "u", "role": ["etcd", "controlplane"]}
    text = yaml.safe_dump({"kubernetes_version": "v1.32.2-rancher1-1", "nodes": [core, *nodes]})
    addons = {addon.name: addon.objects for addon in render_addons(resolve(load(text).config), credentials)}
    found = next(item for item in addons["coredns"] if item["kind"] == "Deployment")
    assert found["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 1 - surge, "maxSurge": surge}
    assert {"effect": "NoSchedule", "operator": "Exists"} in found["spec"]["template"]["spec"]["tolerations"]
