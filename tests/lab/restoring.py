"""Restores that are killed, and what has to be true of a cluster afterwards: the old data or the new, never neither."""

from __future__ import annotations

import random

from .cluster import Cluster, assert_well
from .killing import drawn, killed
from .lab import Lab
from .pods import config_map

DATA = "/var/lib/etcd"
RESTORE = ("etcd", "snapshot", "restore")
_SINCE = "since"


def assert_old_or_new_though_killed(cluster: Cluster, snapshot: str, draw: random.Random, latest: int) -> None:
    """Kill a restore at a drawn step, at times every host too; finish it or take it back, and see which data there are.

    Args:
        cluster: The cluster; it is written to first.
        snapshot: The snapshot's name.
        draw: Decides.
        latest: The last step that may be drawn.
    """
    person, kubectl = cluster.operator, cluster.kubectl
    hosts = [node["hostname_override"] for node in person.config["nodes"]]
    kubectl.apply(config_map(_SINCE, {"a": "1"}))
    point, back, reboot = drawn(draw, latest), draw.choice((True, False)), draw.choice((True, False))
    killed(person, point, *RESTORE, snapshot)
    if reboot:
        cluster.lab.kill(*hosts)
        cluster.lab.start(*hosts)
    under_way = person.state.restore
    if under_way is not None:
        refused = person.up(status=1)
        assert any("was begun and not finished" in fault["what"] for fault in refused.faults), refused.explained()
        person.agreed(*RESTORE, snapshot, *(["--put-back"] if back else []))
    new = under_way is not None and not back
    kubectl.wait_nodes(*hosts)
    there = {item["metadata"]["name"] for item in kubectl.items("configmaps")}
    assert (_SINCE in there) is not new, f"killed at {point}, back: {back}, rebooted: {reboot}"
    assert_well(person, kubectl)
    assert person.up().changed == 0


def lose_data(lab: Lab, host: str) -> None:
    """Let a member's disk be empty."""
    lab.docker(host, "stop", "etcd")
    lab.shell(host, f"rm -rf {DATA}/member")
