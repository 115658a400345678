"""``services`` → options of every component, and the cluster's address ranges."""

from __future__ import annotations

from ipaddress import ip_network

from rke_py.cluster.model import Service, Services, Subnet
from rke_py.config.checks.addressing import DEFAULT_CLUSTER_CIDR, DEFAULT_CLUSTER_DOMAIN, service_range
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.service import ServiceConfig

DEFAULT_NODE_PORT_RANGE = "30000-32767"
_DNS_HOST = 10
"""RKE's DNS server is the tenth address of its Service range; the same holds here for every range."""


def resolve_services(config: ClusterConfig, dns_server: str = "") -> Services:
    """Return the services with RKE's defaults.

    Args:
        config: The configuration.
        dns_server: The cluster's DNS server when the file names none; empty for the tenth address of the Service range.
    """
    services = config.services
    ranges = _subnets(service_range(config))
    return Services(
        etcd=_service(services.etcd),
        kube_api=_service(services.kube_api),
        kube_controller=_service(services.kube_controller),
        scheduler=_service(services.scheduler),
        kubelet=_service(services.kubelet),
        kubeproxy=_service(services.kubeproxy),
        service_cluster_ip_range=ranges,
        service_node_port_range=services.kube_api.service_node_port_range or DEFAULT_NODE_PORT_RANGE,
        cluster_cidr=_subnets(services.kube_controller.cluster_cidr or DEFAULT_CLUSTER_CIDR),
        cluster_domain=services.kubelet.cluster_domain or DEFAULT_CLUSTER_DOMAIN,
        cluster_dns_server=services.kubelet.cluster_dns_server or dns_server or _dns_server(ranges[0]),
        fail_swap_on=services.kubelet.fail_swap_on,
    )


def _service(service: ServiceConfig) -> Service:
    return Service(
        extra_args=service.extra_args,
        extra_args_array=service.extra_args_array,
        extra_binds=tuple(bind.strip() for bind in service.extra_binds if bind.strip()),
        extra_env=tuple(variable for variable in service.extra_env if variable.strip()),
    )


def _subnets(text: str) -> tuple[Subnet, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(","))


def _dns_server(subnet: Subnet) -> str:
    return str(subnet[_DNS_HOST] if subnet.num_addresses > _DNS_HOST + 1 else subnet[2])
