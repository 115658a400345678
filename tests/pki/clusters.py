"""Clusters, times and certificates for the tests of the PKI."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from rke_py.cluster.addon_model import Dns, Monitoring, Network
from rke_py.cluster.images_model import Images
from rke_py.cluster.model import Cluster, Family, Host, Role, Services, SshAccess
from rke_py.pki.issue import IssueResult, issue
from rke_py.pki.keys import generate_key
from rke_py.pki.model import Bundle

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LETTERS = {"e": Role.ETCD, "c": Role.CONTROLPLANE, "w": Role.WORKER}


def host(name: str, roles: str, address: str, internal: str = "") -> Host:
    """Make a host; roles by their first letters."""
    return Host(
        name=name,
        address=address,
        internal_address=internal or address,
        roles=frozenset(LETTERS[letter] for letter in roles),
        ssh=SshAccess(address=address, port=22, user="root"),
    )


N1 = host("n1", "ecw", "192.0.2.1", "10.0.0.1")
N2 = host("n2", "c", "192.0.2.2", "10.0.0.2")
N3 = host("n3", "e", "192.0.2.3", "10.0.0.3")
N4 = host("n4", "w", "192.0.2.4", "10.0.0.4")


def cluster(*hosts: Host, **fields: Any) -> Cluster:
    """Make a cluster: one host with all roles, one with each, unless others are given."""
    return Cluster(
        **{
            "name": "prod",
            "version": "v1.34.4",
            "family": Family.UPSTREAM,
            "hosts": hosts or (N1, N2, N3, N4),
            "services": services(),
            "network": Network(plugin="none"),
            "dns": Dns(provider="none"),
            "monitoring": Monitoring(provider="none"),
            "images": Images(**dict.fromkeys(Images.__dataclass_fields__, "registry.example/image:1")),
            **fields,
        }
    )


def services(ranges: tuple[str, ...] = ("10.43.0.0/16",), domain: str = "cluster.local") -> Services:
    """Make the options that certificates depend on."""
    return Services(
        service_cluster_ip_range=tuple(map(ip_network, ranges)),
        service_node_port_range="30000-32767",
        cluster_cidr=(ip_network("10.42.0.0/16"),),
        cluster_domain=domain,
        cluster_dns_server="10.43.0.10",
    )


def issued(wanted: Cluster, existing: Bundle | None = None, now: datetime = NOW) -> IssueResult:
    """Issue with real keys."""
    return issue(wanted, existing or {}, now=now, new_key=generate_key)


def certificate(bundle: Bundle, name: str) -> x509.Certificate:
    """Read a certificate of a bundle."""
    return x509.load_pem_x509_certificate(bundle[name].certificate.encode())


def with_serial_zero(made: x509.Certificate, key: rsa.RSAPrivateKey) -> str:
    """Return a certificate of serial number 1 as RKE would have made it: with 0, which no library writes any more."""
    before = made.tbs_certificate_bytes
    after = before.replace(b"\x02\x01\x01", b"\x02\x01\x00", 1)
    signature = key.sign(after, padding.PKCS1v15(), hashes.SHA256())
    der = made.public_bytes(Encoding.DER).replace(before, after).replace(made.signature, signature)
    return ssl.DER_cert_to_PEM_cert(der)
