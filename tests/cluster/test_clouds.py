"""The files of clouds, byte for byte as RKE writes them: their checksums restart three components."""

from __future__ import annotations

from textwrap import dedent

import pytest
import yaml

from rke_py.cluster.clouds import resolve_cloud
from rke_py.config.load import load

NODE = """\
nodes: [{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker]}]
kubernetes_version: v1.24.17-rancher1-1
"""


def cloud(**block):
    return resolve_cloud(load(NODE + yaml.safe_dump({"cloud_provider": block})).config.cloud_provider)


def text(**block) -> str:
    return cloud(**block).config.get_secret_value()


@pytest.mark.parametrize("name", ["aws", "external", "external-aws", "gce"])
def test_without_a_block_the_file_is_empty(name):
    found = cloud(name=name)
    assert (found.name, found.config.get_secret_value(), found.secret) == (name, "", False)


def test_aws_pads_names_to_the_longest_and_leaves_empty_ones_out():
    block = {
        "zone": "eu-west-1a",
        "disable-security-group-ingress": True,
        "vpc": "",
        "disable-strict-zone-check": False,
    }
    expected = """\
        [Global]
        Zone                        = eu-west-1a
        DisableSecurityGroupIngress = true

        """
    assert text(awsCloudProvider={"global": block}) == dedent(expected)


def test_an_aws_block_makes_it_aws_whatever_the_name():
    found = cloud(name="external-aws", awsCloudProvider={})
    assert (found.name, found.config.get_secret_value()) == ("aws", "[Global]\n\n")


def test_aws_has_a_section_for_every_override():
    override = {"service": "ec2", "region": "r", "url": "https://ec2.local", "signing-region": "s"}
    assert text(awsCloudProvider={"service_override": {"one": override}}) == (
        "[Global]\n\n"
        '[ServiceOverride "1"]\n'
        "Service       = ec2\nRegion        = r\nURL           = https://ec2.local\nSigningRegion = s\n\n"
    )


def test_azure_writes_every_key_but_the_optional_ones_each_after_an_empty_line():
    written = text(azureCloudProvider={"tenantId": "<t>&", "vmType": "vmss", "cloudProviderRateLimitQPS": 6})
    assert written.startswith('{\n\n"cloud": "",\n\n"tenantId": "\\u003ct\\u003e\\u0026",\n\n"subscriptionId": "",')
    assert written.endswith('"useManagedIdentityExtension": false,\n\n"maximumLoadBalancerRuleCount": 0\n}')
    assert '\n\n"cloudProviderRateLimitQPS": 6,\n\n"cloudProviderRateLimitBucket": 0,' in written
    assert "loadBalancerSku" not in written


def test_azures_optional_keys_come_last():
    block = {"loadBalancerSku": "standard", "excludeMasterFromStandardLB": False, "tags": "a=b"}
    written = text(azureCloudProvider=block)
    assert written.endswith(
        '"maximumLoadBalancerRuleCount": 0,\n\n"loadBalancerSku": "standard",\n\n'
        '"excludeMasterFromStandardLB": false,\n\n"tags": "a=b"\n}'
    )


def test_openstack_has_all_sections_and_no_empty_values():
    block = {
        "global": {"username": "u", "password": "p#1", "auth-url": "https://a"},
        "load_balancer": {"subnet-id": "x", "use-octavia": True, "monitor-max-retries": 3, "create-monitor": False},
    }
    expected = """\
        [Global]
        auth-url = "https://a"
        username = "u"
        password = "p#1"

        [LoadBalancer]
        use-octavia = true
        subnet-id = "x"
        monitor-max-retries = 3

        [BlockStorage]

        [Route]

        [Metadata]
        """
    assert text(openstackCloudProvider=block) == dedent(expected)


def test_vsphere_is_quoted_and_indented_as_by_rkes_template():
    block = {
        "global": {"insecure-flag": True, "datacenters": "a, b", "datacenter": "a"},
        "virtual_center": {"vc2": {"user": "u2"}, "vc1": {"user": "u1", "password": "p", "port": 443}},
        "workspace": {"server": "vc1", "default-datastore": "ds"},
        "disk": {"scsicontrollertype": "pvscsi"},
        "network": {"public-network": "VM Network"},
    }
    expected = """
[Global]
user = ""
password = ""
insecure-flag = "true"
datacenters = "a, b"
datacenter = "a"
soap-roundtrip-count = "0"


[VirtualCenter "vc1"]
        user = "u1"
        password = "p"
        port = "443"
        soap-roundtrip-count = "0"
[VirtualCenter "vc2"]
        user = "u2"
        password = ""
        soap-roundtrip-count = "0"

[Workspace]
        server = "vc1"
        datacenter = ""
        folder = ""
        default-datastore = "ds"
        resourcepool-path = ""

[Disk]
        scsicontrollertype = pvscsi

[Network]
        public-network = "VM Network"
"""
    assert text(vsphereCloudProvider=block) == expected


def test_harvester_is_an_external_provider_with_its_file_as_it_is():
    found = cloud(name="harvester", harvesterCloudProvider={"cloud_config": "a: b\n"})
    assert (found.name, found.flag, found.config.get_secret_value()) == ("external", "external", "a: b\n")


def test_a_custom_file_goes_before_every_block():
    found = cloud(name="mine", customCloudProvider="x=y\n", azureCloudProvider={})
    assert (found.name, found.config.get_secret_value()) == ("mine", "x=y\n")


@pytest.mark.parametrize(
    ("block", "name"),
    [("azureCloudProvider", "azure"), ("openstackCloudProvider", "openstack"), ("vsphereCloudProvider", "vsphere")],
)
def test_a_block_alone_names_the_provider(block, name):
    assert cloud(**{block: {}}).name == name
    assert cloud(name="other", **{block: {}}).name == "other"


@pytest.mark.parametrize(
    ("block", "secret"),
    [
        ({"azureCloudProvider": {"tenantId": "t"}}, False),
        ({"azureCloudProvider": {"aadClientSecret": "s"}}, True),
        ({"vsphereCloudProvider": {"virtual_center": {"v": {"password": "p"}}}}, True),
        ({"openstackCloudProvider": {"global": {"password": "p"}}}, True),
        ({"awsCloudProvider": {"global": {"zone": "z"}}}, False),
        ({"name": "mine", "customCloudProvider": "x"}, True),
        ({"harvesterCloudProvider": {"cloud_config": "x"}}, True),
    ],
)
def test_a_file_with_a_password_is_secret(block, secret):
    assert cloud(**block).secret is secret


def test_names_from_the_clouds_metadata_are_for_aws_only():
    assert cloud(name="external-aws", useInstanceMetadataHostname=True).metadata_hostname
    assert cloud(name="aws", useInstanceMetadataHostname=True).metadata_hostname
    assert not cloud(name="aws").metadata_hostname
    assert not cloud(name="external", useInstanceMetadataHostname=True).metadata_hostname
