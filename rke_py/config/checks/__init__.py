"""What a configuration that fits the schema may still get wrong; each module looks at one part."""

from rke_py.config.checks.access import authentication_findings, bastion_findings, way_out_findings
from rke_py.config.checks.aci import aci_findings
from rke_py.config.checks.addons import monitoring_findings, user_addon_findings
from rke_py.config.checks.addressing import addressing_findings, port_range_findings
from rke_py.config.checks.apiserver import apiserver_findings
from rke_py.config.checks.audit import audit_findings
from rke_py.config.checks.clouds import cloud_findings
from rke_py.config.checks.dns import dns_findings
from rke_py.config.checks.etcd import etcd_findings
from rke_py.config.checks.ingress import ingress_findings
from rke_py.config.checks.networks import network_findings
from rke_py.config.checks.nodes import node_findings, node_set_findings
from rke_py.config.checks.plugins import plugin_findings
from rke_py.config.checks.registries import host_path_findings, image_findings, registry_findings
from rke_py.config.checks.releases import release_findings
from rke_py.config.checks.services import service_findings
from rke_py.config.checks.upgrades import upgrade_findings
from rke_py.config.findings import Check

CHECKS: tuple[Check, ...] = (
    node_findings,
    node_set_findings,
    bastion_findings,
    authentication_findings,
    way_out_findings,
    addressing_findings,
    port_range_findings,
    service_findings,
    etcd_findings,
    apiserver_findings,
    audit_findings,
    network_findings,
    plugin_findings,
    aci_findings,
    dns_findings,
    ingress_findings,
    monitoring_findings,
    user_addon_findings,
    cloud_findings,
    registry_findings,
    image_findings,
    host_path_findings,
    release_findings,
    upgrade_findings,
)
