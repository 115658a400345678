import pytest

from rke_py.catalog.versions import find_release
from rke_py.cluster.addon_checks import addon_findings
from rke_py.cluster.catalog_checks import catalog_findings
from rke_py.config.load import load
from rke_py.config.schema import ClusterConfig

from .conftest import NODES

DUAL = "services: {kube-controller: {cluster_cidr: '10.42.0.0/16,fd00:42::/56'}}"


def told(text):
    return [
        f"{'~' if finding.warning else ''}{'.'.join(map(str, finding.path))}: {finding.what}"
        for finding in catalog_findings(load(NODES + text).config)
    ]


@pytest.mark.parametrize("plugin", ["flannel", "canal", "calico", "none"])
def test_a_plugin_with_images_is_no_obstacle(plugin):
    assert told(f"network: {{plugin: {plugin}}}") == []


def test_a_plugin_without_images_is_refused():
    (finding,) = told("network: {plugin: weave}")[:1]
    assert finding.startswith("network.plugin: weave needs images that Kubernetes v1.")
    assert finding.endswith("does not come with: weave_node, weave_cni")


def test_cisco_aci_goes_with_rkes_own_releases_only():
    network = {"plugin": "aci"}
    (finding,) = addon_findings(ClusterConfig.model_validate({"network": network}), find_release("v1.34.4", {}))
    assert finding.what.startswith("plugin aci goes with RKE's own releases only")


def test_what_has_had_its_day_is_said():
    assert told("ingress: {provider: nginx}") == [
        "~ingress.provider: ingress-nginx was retired in March 2026: nobody mends its faults any more"
    ]


def test_every_choice_of_the_upstream_family_has_its_images():
    text = (
        "dns: {provider: kube-dns, nodelocal: {ip_address: 169.254.20.10}}\n"
        "ingress: {provider: traefik, default_backend: true}\n"
    )
    assert told(text) == []
