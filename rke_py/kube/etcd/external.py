"""An etcd of the owner's own as control-plane hosts reach it: over the network, with what API servers show to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from rke_py.cluster.model import ExternalEtcd
from rke_py.errors import ConfigError, EtcdError
from rke_py.kube.etcd.gateway import CLIENT_PORT, Gateway
from rke_py.kube.streams import Dial
from rke_py.kube.tls import Tls
from rke_py.plan.observed_etcd import ExternalMember

_TIMEOUT = 5.0
_AT_ONCE = 32


def look_at_external(etcd: ExternalEtcd, dials: Mapping[str, Dial]) -> tuple[ExternalMember, ...]:
    """Ask every member from every host at once; TLS is verified as the API servers will verify it.

    Args:
        etcd: Where it is and what to show there.
        dials: Streams from each control-plane host that answers, by node name.
    """
    asked = [(host, url) for host in dials for url in etcd.urls]
    with ThreadPoolExecutor(max(min(len(asked), _AT_ONCE), 1), thread_name_prefix="etcd") as threads:
        return tuple(threads.map(lambda pair: _ask(etcd, pair[0], pair[1], dials[pair[0]]), asked))


def gateways(etcd: ExternalEtcd, dials: Mapping[str, Dial]) -> Iterator[Gateway]:
    """Yield a way to every member from every host; whoever takes one closes it."""
    tls = Tls(ca_pem=etcd.ca_cert, certificate=etcd.cert, key=etcd.key)
    for dial in dials.values():
        for url in etcd.urls:
            parts = urlsplit(url)
            yield Gateway(dial, tls, name=url, address=parts.hostname or "", port=parts.port or CLIENT_PORT)


def _ask(etcd: ExternalEtcd, host: str, url: str, dial: Dial) -> ExternalMember:
    parts = urlsplit(url)
    address, port = parts.hostname or "", parts.port or CLIENT_PORT
    if parts.scheme != "https" or not etcd.ca_cert:
        return ExternalMember(host=host, url=url, fault="it is not https, so nobody could tell whose it is")
    tls = Tls(ca_pem=etcd.ca_cert, certificate=etcd.cert, key=etcd.key)
    try:
        gateway = Gateway(dial, tls, name=url, address=address, port=port, timeout=_TIMEOUT)
    except (ConfigError, OSError, ValueError) as error:  # OpenSSL's errors are OSErrors
        return ExternalMember(host=host, url=url, fault=f"ca_cert, cert and key are not usable: {error}")
    with gateway:
        health = gateway.health()
        if not health.ok:
            return ExternalMember(host=host, url=url, fault=health.detail)
        try:
            told = gateway.status()
        except EtcdError:  # with users and roles of its own it may keep that to itself
            return ExternalMember(host=host, url=url)
    return ExternalMember(host=host, url=url, cluster_id=told.cluster_id, version=told.version)
