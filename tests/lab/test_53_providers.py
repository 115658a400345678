"""A pod network that is not wanted any more leaves nothing on hosts; with the next one every pod works again."""

from __future__ import annotations

import pytest

from .cluster import Cluster, assert_well
from .lab import ALL, WORKER
from .pods import SERVE, on_every_host, pod, service
from .waiting import until

pytestmark = pytest.mark.lab

_OF_FLANNEL = "ls /sys/class/net /etc/cni/net.d; iptables-save; ls -d /run/flannel /var/lib/cni/networks/cbr0"


def _left(cluster: Cluster, host: str) -> list[str]:
    """Return what of flannel is on a host."""
    found = cluster.lab.shell(host, f"({_OF_FLANNEL}) 2>/dev/null || true").splitlines()
    return [line for line in found if any(word in line for word in ("flannel", "FLANNEL", "cni0", "cbr0"))]


def test_a_network_goes_with_everything_it_left_and_another_comes(cluster: Cluster) -> None:
    objects = (pod("web", host=WORKER, script=SERVE), service("web"), on_every_host("client"))
    cluster.kubectl.apply(*objects)
    cluster.kubectl.wait_pods("web")
    assert all(_left(cluster, host) for host in ALL)

    cluster.operator.edit(lambda config: config["network"].update(plugin="none"))
    gone = cluster.operator.up()
    assert {host for host, step in gone.steps if step == "remove what flannel left"} == set(ALL)
    assert {host: _left(cluster, host) for host in ALL} == {host: [] for host in ALL}
    assert cluster.operator.up().changed == 0

    cluster.operator.edit(lambda config: config["network"].update(plugin="flannel"))
    cluster.operator.up()
    assert_well(cluster.operator, cluster.kubectl)
    cluster.kubectl("rollout", "status", "daemonset/client", "--timeout=180s")
    clients = {found["spec"]["nodeName"]: found for found in cluster.kubectl.items("pods", "-l", "app=client")}
    for host in ALL:
        name = clients[host]["metadata"]["name"]
        until(lambda name=name: _answers(cluster, name), f"the Service answers a pod on {host}", seconds=120)
    cluster.kubectl.delete(*objects)


def _answers(cluster: Cluster, client: str) -> bool:
    return cluster.kubectl.shell(client, "curl -sS --fail --max-time 5 http://web") == "web\n"
