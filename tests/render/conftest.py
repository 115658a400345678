"""A cluster of three control-plane hosts and one worker."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from pydantic import SecretStr

from rke_py.cluster.addon_model import Dns, Monitoring, Network
from rke_py.cluster.images_model import Images
from rke_py.cluster.model import Cluster, Family, Host, Role, Services, SshAccess
from rke_py.pki.model import Credential


def host(name: str, address: str, *roles: Role) -> Host:
    ssh = SshAccess(address=address, port=22, user="root")
    return Host(name=name, address=address, internal_address=address, roles=frozenset(roles), ssh=ssh)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(
        name="test",
        version="v1.34.4",
        family=Family.UPSTREAM,
        hosts=(
            *(host(f"n{i}", f"10.0.0.{i}", Role.ETCD, Role.CONTROLPLANE) for i in (1, 2, 3)),
            host("n4", "10.0.0.4", Role.WORKER),
        ),
        services=Services(
            service_cluster_ip_range=(ip_network("10.43.0.0/16"),),
            service_node_port_range="30000-32767",
            cluster_cidr=(ip_network("10.42.0.0/16"),),
            cluster_domain="cluster.local",
            cluster_dns_server="10.43.0.10",
        ),
        network=Network(plugin="flannel"),
        dns=Dns(provider="coredns", replicas=2),
        monitoring=Monitoring(provider="metrics-server"),
        images=Images(
            **{
                name: f"registry.example/{name}:1"
                for name in Images.__dataclass_fields__
                if not name.endswith("_autoscaler")
            }
        ),
    )


@pytest.fixture
def credentials() -> dict[str, Credential]:
    return {
        "kube-ca": Credential(name="kube-ca", certificate="CA PEM\n"),
        "kube-metrics-server": Credential(
            name="kube-metrics-server", certificate="SERVING PEM\n", key=SecretStr("KEY PEM\n")
        ),
        "kube-ingress-webhook": Credential(
            name="kube-ingress-webhook", certificate="WEBHOOK PEM\n", key=SecretStr("KEY PEM\n")
        ),
    }
