"""The API proxy of hosts without control plane: HAProxy's configuration, and how soon it notices a stopping server."""

from __future__ import annotations

import math
from ipaddress import ip_address

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.render.text import render

CONFIG_PATH = "/etc/kubernetes/haproxy.cfg"
CLIENT_PATH = "/etc/kubernetes/ssl/haproxy-client.pem"
"""Certificate and key of ``kube-api-proxy`` in one file, as HAProxy wants it; mode 0600."""

_CA_PATH = "/etc/kubernetes/ssl/kube-ca.pem"
_SERVER_NAME = "kubernetes.default.svc"
_PROXIES_PER_SECOND = 100
_CHECK_TIMEOUT = 3
_SHORTEST = 2


def check_interval(cluster: Cluster) -> int:
    """Return the seconds between two checks of one API server by one host's proxy.

    Every proxy checks every API server, so an API server sees one check per proxy and interval. Two seconds serve up to
    200 proxies; beyond, each further hundred adds a second, so that a server answers at most 100 checks a second: 10 s
    for 1,000 workers, however many API servers there are. Whole seconds, or each new worker would reload every proxy.
    """
    proxies = sum(not host.has(Role.CONTROLPLANE) for host in cluster.hosts)
    return max(_SHORTEST, math.ceil(proxies / _PROXIES_PER_SECOND))


def notice_time(cluster: Cluster) -> int:
    """Return the whole seconds after which every proxy has noticed that an API server is no longer ready.

    Two failed checks in a row mark it down, the second after the short interval, up to a fifth later (spread-checks).
    A stopping API server has to serve at least this long (``--shutdown-delay-duration``).
    """
    interval = check_interval(cluster)
    return math.ceil(1.2 * (interval + _fast(interval)) + _CHECK_TIMEOUT)


def haproxy_config(cluster: Cluster, host: Host) -> str:
    """Return the proxy's configuration on a host.

    Args:
        cluster: Whose API servers stand behind the proxy.
        host: A host without control plane; the order of the servers differs from host to host so that the first
            connections of a starting fleet do not all meet the same server. One that leaves keeps those that leave
            as well, since it is told only once.
    """
    leaves = host in cluster.leaving
    controlplanes = (cluster.carrying if leaves else cluster.with_role)(Role.CONTROLPLANE)
    first = cluster.every.index(host) % len(controlplanes)
    interval = check_interval(cluster)
    return render(
        "nodes/haproxy.cfg.j2",
        {
            "listen": "127.0.0.1",
            "port": 6443,
            "server_name": _SERVER_NAME,
            "ca": _CA_PATH,
            "client": CLIENT_PATH,
            "interval": interval,
            "fast_interval": _fast(interval),
            "check_timeout": _CHECK_TIMEOUT,
            "servers": [
                {"name": server.name, "address": _bracketed(server.internal_address)}
                for server in controlplanes[first:] + controlplanes[:first]
            ],
        },
    )


def leads_to(config: str, server: Host) -> bool:
    """Tell whether a configuration of ours has a host's API server."""
    return f" {_bracketed(server.internal_address)}:" in config


def _fast(interval: int) -> int:
    """Return the seconds between the first failed check and the one that confirms it."""
    return max(1, interval // 4)


def _bracketed(address: str) -> str:
    """Put brackets around an IPv6 address, whose colons would otherwise run into the port."""
    try:
        version = ip_address(address).version
    except ValueError:
        return address
    return f"[{address}]" if version == 6 else address
