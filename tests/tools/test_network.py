"""Interfaces of the pod network."""

from __future__ import annotations

import pytest

from rke_py.tools.network import interfaces_of_ours, tunnels_of_ours
from rke_py.tools.traces import EVERYTHING, left_by

LINKS = [
    {"ifname": "lo"},
    {"ifname": "eth0"},
    {"ifname": "docker0"},
    {"ifname": "veth0a", "master": "docker0"},
    {"ifname": "cni0"},
    {"ifname": "vethe38e964e", "master": "cni0"},
    {"ifname": "flannel.1"},
    {"ifname": "flannel-v6.1"},
    {"ifname": "flannelish"},
    {"ifname": "kube-ipvs0"},
    {"ifname": "cali0a1b2c3d4e5"},
    {"ifname": "calico-of-mine"},
    {"ifname": "vxlan.calico"},
    {"ifname": "nodelocaldns"},
    {"ifname": "vethwepl0", "master": "weave"},
    {"ifname": "weave"},
    {"ifname": "tunl0", "addr_info": [{"local": "10.42.0.1"}]},
]


def test_only_pod_networks_are_ours() -> None:
    assert interfaces_of_ours(LINKS, EVERYTHING) == (
        *("cni0", "vethe38e964e", "flannel.1", "flannel-v6.1", "kube-ipvs0", "cali0a1b2c3d4e5", "vxlan.calico"),
        *("nodelocaldns", "vethwepl0", "weave"),
    )


@pytest.mark.parametrize(
    ("leaving", "staying", "interfaces"),
    [
        ("flannel", "calico", ("cni0", "vethe38e964e", "flannel.1", "flannel-v6.1")),
        ("flannel", "canal", ("cni0", "vethe38e964e")),
        ("canal", "calico", ("flannel.1", "flannel-v6.1")),
        ("calico", "flannel", ("cali0a1b2c3d4e5", "vxlan.calico")),
        ("node-local-dns", "flannel", ("nodelocaldns",)),
        ("weave", "", ("vethwepl0", "weave")),
    ],
)
def test_what_the_next_network_uses_stays(leaving: str, staying: str, interfaces: tuple[str, ...]) -> None:
    assert interfaces_of_ours(LINKS, left_by((leaving,), (staying,))) == interfaces


def test_the_kernels_own_tunnel_is_ours_with_an_address_of_pods() -> None:
    traces = left_by(("calico",), ())
    assert tunnels_of_ours(LINKS, traces, ("10.42.0.0/16", "fd00:42::/56")) == ("tunl0",)
    assert tunnels_of_ours(LINKS, traces, ("10.99.0.0/16",)) == ()
