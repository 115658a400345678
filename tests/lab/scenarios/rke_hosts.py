"""Hosts join a cluster that RKE made, leave it and are replaced; and how each scenario on such a cluster begins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.plan.rke.recorded import HOSTS
from vagrant.lab.programs import ETCD_VERSIONS

from ..cluster import Cluster
from ..lab import Lab
from ..rke.reenact import RECORDED_REGISTRY, SPARE, SPARE_ADDRESS, hosts_for_rke, joining, made_by_rke, tools_of
from .scenario import BUDGET, Move, Scenario, Start, Users, editing

_FIRST, _SECOND, _THIRD = HOSTS
OF_THREE = Users(servers=tuple(HOSTS), proxy=_FIRST, service=(_SECOND, _THIRD))
"""Without a worker: the API proxy is the first host's own API server."""

WITH_WORKER = Users(servers=tuple(HOSTS), proxy=SPARE, service=(_THIRD, SPARE))
_OF_TWO = Users(servers=(_FIRST, _SECOND), proxy=_FIRST, service=(_FIRST, _SECOND))
"""While the third leaves; the API proxy is the first host's own API server, which is told of another member once."""

BUT_PROXY = tuple(figure for figure in BUDGET if figure != "failed_proxy")
"""RKE's nginx asks no API server how it is: what has just connected to one that stops is cut off, one a client.

Where the API proxy is an API server itself, nobody can ask it while it is replaced.
"""


def hosts_of_rke(*, spare: bool) -> Start:
    return lambda name, folder, disks: hosts_for_rke(name, folder, spare=spare, small_disks=disks)


def with_worker(lab: Lab, folder: Path) -> Cluster:
    """Make the cluster and let a worker join, which takes it over."""
    cluster = made_by_rke(lab, folder)
    join(cluster)
    cluster.operator.up()
    cluster.kubectl.wait_nodes(*HOSTS, SPARE)
    return cluster


def with_newer_etcd(make: Callable[[Lab, Path], Cluster]) -> Callable[[Lab, Path], Cluster]:
    """Return what makes the cluster with an etcd whose learners can be promoted: RKE's last one cannot."""

    def made(lab: Lab, folder: Path) -> Cluster:
        cluster = make(lab, folder)
        cluster.operator.edit(lambda config: config["system_images"].update(tools=tools_of(lab)))
        cluster.operator.edit(newer_etcd)
        cluster.operator.up()
        return cluster

    return made


def newer_etcd(config: dict[str, Any]) -> None:
    """Ask for the newest etcd of the line that RKE's releases have."""
    config["system_images"]["etcd"] = f"{RECORDED_REGISTRY}/rancher/mirrored-coreos-etcd:v{ETCD_VERSIONS[-1]}"


def join(cluster: Cluster) -> None:
    """Let cluster.yml have the spare host as a worker."""
    cluster.operator.edit(lambda config: joining(config, tools_of(cluster.lab)))


def _without_spare(config: dict[str, Any]) -> None:
    config["nodes"] = [node for node in config["nodes"] if node["hostname_override"] != SPARE]


def _in_place_of_third(cluster: Cluster) -> None:
    """Let cluster.yml have the spare host in place of the third."""

    def edit(config: dict[str, Any]) -> None:
        third = next(node for node in config["nodes"] if node["hostname_override"] == _THIRD)
        third.update(address=SPARE_ADDRESS, hostname_override=SPARE)

    cluster.operator.edit(edit)


ADD_WORKER_TO_RKE = Scenario(
    name="rke-add-worker",
    what="a cluster of RKE's taken over, and a worker more with that",
    start=hosts_of_rke(spare=True),
    make=made_by_rke,
    moves=(Move(words=("up",), steps=4, before=join),),
    users=OF_THREE,
)
REMOVE_WORKER_OF_RKE = Scenario(
    name="rke-remove-worker",
    what="a worker leaves RKE's cluster and is cleaned",
    start=hosts_of_rke(spare=True),
    make=with_worker,
    moves=(Move(words=("up",), steps=2, before=editing(_without_spare)),),
    users=OF_THREE,
)
SWAP_MEMBER_OF_RKE = Scenario(
    name="rke-swap-member",
    what="another host comes in place of one of RKE's members and control-plane hosts, which is cleaned",
    start=hosts_of_rke(spare=True),
    make=with_newer_etcd(made_by_rke),
    moves=(Move(words=("up",), steps=14, before=_in_place_of_third),),
    users=_OF_TWO,
    budget=BUT_PROXY,
)
REPLACE_MEMBER_OF_RKE = Scenario(
    name="rke-replace-member",
    what="one of RKE's members and control-plane hosts died; another host takes its place",
    start=hosts_of_rke(spare=True),
    make=with_newer_etcd(made_by_rke),
    prepare=lambda cluster: cluster.lab.kill(_THIRD),
    moves=(Move(words=("node", "replace", _THIRD, SPARE), steps=12, before=_in_place_of_third, again=("up",)),),
    users=_OF_TWO,
    budget=BUT_PROXY,
)
