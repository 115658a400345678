"""Interfaces of the pod network."""

from __future__ import annotations

from rke_py.tools.network import interfaces_of_ours

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
]


def test_only_the_pod_network_is_ours() -> None:
    assert interfaces_of_ours(LINKS) == ("cni0", "vethe38e964e", "flannel.1", "flannel-v6.1", "kube-ipvs0")
