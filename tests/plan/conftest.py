"""Clusters, machines and containers as values, for the tests of everything that is planned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from rke_py.cluster.addon_model import Dns, Monitoring, Network
from rke_py.cluster.apiserver_model import ApiServer, AuditLog
from rke_py.cluster.audit_policy import DEFAULT_POLICY, audit_policy
from rke_py.cluster.images_model import Images
from rke_py.cluster.model import Cluster, Family, Host, Role, Service, Services, SshAccess
from rke_py.plan.containers import ContainerSpec, FoundContainer, Status
from rke_py.plan.observed import DeepFacts, HostFacts

STARTED = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def make_host() -> Callable[..., Host]:
    """Make a host from a name, an address and letters: e, c and w for its roles."""

    def make(name: str, address: str, roles: str, internal: str = "") -> Host:
        letters = {"e": Role.ETCD, "c": Role.CONTROLPLANE, "w": Role.WORKER}
        return Host(
            name=name,
            address=address,
            internal_address=internal or address,
            roles=frozenset(letters[letter] for letter in roles),
            ssh=SshAccess(address=address, port=22, user="root"),
        )

    return make


@pytest.fixture(scope="session")
def make_cluster(make_host: Callable[..., Host]) -> Callable[..., Cluster]:
    """Make a cluster: three hosts with all roles and one worker, unless hosts and services are given."""

    def make(*hosts: Host, **services: Service) -> Cluster:
        default = (*(make_host(f"n{i}", f"10.0.0.{i}", "ecw", f"10.1.0.{i}") for i in (1, 2, 3)),)
        return Cluster(
            name="test",
            version="v1.34.4",
            family=Family.UPSTREAM,
            hosts=hosts or (*default, make_host("n4", "10.0.0.4", "w", "10.1.0.4")),
            services=Services(
                service_cluster_ip_range=(ip_network("10.43.0.0/16"),),
                service_node_port_range="30000-32767",
                cluster_cidr=(ip_network("10.42.0.0/16"),),
                cluster_domain="cluster.local",
                cluster_dns_server="10.43.0.10",
                **services,
            ),
            api=ApiServer(audit=AuditLog(policy=audit_policy(DEFAULT_POLICY))),
            network=Network(plugin="flannel"),
            dns=Dns(provider="coredns"),
            monitoring=Monitoring(provider="metrics-server"),
            images=replace(
                Images(**{name: f"registry.example/{name}:v1.34.4" for name in Images.__dataclass_fields__}),
                etcd="registry.example/etcd:3.6.16",
            ),
        )

    return make


@pytest.fixture(scope="session")
def make_found() -> Callable[..., FoundContainer]:
    """Make the container that Docker shows for a wanted one, with what an image and a daemon add to it."""

    def make(spec: ContainerSpec, **changes: object) -> FoundContainer:
        image_env = ("PATH=/usr/local/bin:/usr/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt")
        shown = replace(spec, env=(*spec.env, *image_env), reads=(), reloads=())
        found = FoundContainer(
            id="0123456789ab",
            spec=shown,
            status=Status.RUNNING,
            image_id="sha256:1",
            image_env=image_env,
            started_at=STARTED,
        )
        return replace(found, **changes)

    return make


@pytest.fixture(scope="session")
def facts() -> HostFacts:
    """A machine without peculiarities."""
    return HostFacts(
        engine_id="AAAA:BBBB",
        engine_version="26.1.5",
        api_version="1.45",
        operating_system="Debian GNU/Linux 13",
        architecture="x86_64",
        kernel="6.12.0",
        hostname="n1",
        docker_root="/var/lib/docker",
        cgroup_driver="systemd",
        cgroup_version=2,
        security_options=("name=seccomp,profile=builtin",),
        cpus=4,
        memory=8 << 30,
        clock_offset=timedelta(0),
    )


@pytest.fixture(scope="session")
def deep() -> DeepFacts:
    """What the tools container tells of such a machine."""
    return DeepFacts(cri=True, cri_version="1.7.24", free={"/var/lib/etcd": 50 << 30}, systemd_cgroup=True)
