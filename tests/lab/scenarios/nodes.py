"""Hosts are added, removed, replaced."""

from __future__ import annotations

from collections.abc import Callable

from ..cluster import Cluster
from ..lab import FULL, SPARE, WORKER
from ..waiting import until
from .scenario import EVERYTHING, THREE_AND_ONE, WORKS, Move, Roles, Scenario, Users, hosts, new_cluster, wanting

_FIRST, _SECOND, _THIRD = FULL
_SIXTH = "n6"


def all_roles(*hosts: str) -> Roles:
    """Return these hosts with all roles, and the worker."""
    return {**dict.fromkeys(hosts, EVERYTHING), WORKER: WORKS}


def _up(roles: Roles, steps: int) -> Move:
    return Move(words=("up",), steps=steps, before=wanting(roles))


def replacing(old: str, new: str, roles: Roles, steps: int) -> Move:
    """Return the replacement of a dead host."""
    return Move(words=("node", "replace", old, new), steps=steps, before=wanting(roles), again=("up",))


def dies(host: str) -> Callable[[Cluster], None]:
    """Return what cuts the power of a host for good, and waits until those who lead to it know."""

    def prepare(cluster: Cluster) -> None:
        leads_there = "controlplane" in cluster.operator.node(host)["role"]
        before = _found_down(cluster, host)
        cluster.lab.kill(host)
        if leads_there:
            until(lambda: _found_down(cluster, host) > before, f"{WORKER} leads nobody to {host}", seconds=60)

    return prepare


def _found_down(cluster: Cluster, host: str) -> int:
    """Return how often the worker's API proxy found the API server of a host to be away."""
    return cluster.lab.docker(WORKER, "logs", "haproxy").count(f"controlplane/{host} is DOWN")


ADD_WORKER = Scenario(
    name="add-worker",
    what="a worker more",
    make=new_cluster(),
    moves=(_up({**THREE_AND_ONE, SPARE: WORKS}, 4),),
)
REMOVE_WORKER = Scenario(
    name="remove-worker",
    what="a worker leaves and is cleaned",
    make=new_cluster({**THREE_AND_ONE, SPARE: WORKS}),
    moves=(_up(THREE_AND_ONE, 2),),
)
REPLACE_WORKER = Scenario(
    name="replace-worker",
    what="a worker died; another host takes its place",
    make=new_cluster({**THREE_AND_ONE, SPARE: WORKS}),
    prepare=dies(SPARE),
    moves=(replacing(SPARE, _SIXTH, {**THREE_AND_ONE, _SIXTH: WORKS}, 4),),
    start=hosts(6),
)
ADD_MEMBER = Scenario(
    name="add-member",
    what="an etcd member and control-plane host more",
    make=new_cluster(),
    moves=(_up(all_roles(*FULL, SPARE), 10),),
)
GROW = Scenario(
    name="grow",
    what="the only etcd member and control-plane host gets two more beside it, in one run",
    make=new_cluster(all_roles(_FIRST)),
    moves=(_up(all_roles(*FULL), 12),),
    users=Users(servers=(_FIRST,), service=(_FIRST, WORKER)),
)
FIVE = Scenario(
    name="five",
    what="three etcd members and control-plane hosts become five, and three again",
    make=new_cluster(),
    moves=(_up(all_roles(*FULL, SPARE, _SIXTH), 18), _up(all_roles(*FULL), 10)),
    start=hosts(6),
)
ROLES = Scenario(
    name="roles",
    what="a worker becomes an etcd member and control-plane host in its place, and a worker again",
    make=new_cluster({**THREE_AND_ONE, SPARE: WORKS}),
    moves=(_up(all_roles(*FULL, SPARE), 8), _up({**THREE_AND_ONE, SPARE: WORKS}, 4)),
)
REMOVE_MEMBER = Scenario(
    name="remove-member",
    what="the etcd member and control-plane host that the kubeconfig leads to leaves and is cleaned",
    make=new_cluster(all_roles(_FIRST, _SECOND, SPARE)),
    moves=(_up(all_roles(_SECOND, SPARE), 6),),
    users=Users(servers=(_SECOND, SPARE), service=(_SECOND, WORKER)),
)
REPLACE_MEMBER = Scenario(
    name="replace-member",
    what="an etcd member and control-plane host died; another host takes its place",
    make=new_cluster(),
    prepare=dies(_THIRD),
    moves=(replacing(_THIRD, SPARE, all_roles(_FIRST, _SECOND, SPARE), 12),),
    users=Users(servers=(_FIRST, _SECOND), service=(_SECOND, WORKER)),
)
EXCHANGE = Scenario(
    name="exchange",
    what="all three etcd members and control-plane hosts exchanged one after another, with one host to spare",
    make=new_cluster(),
    moves=(
        _up(all_roles(SPARE, _SECOND, _THIRD), 14),
        _up(all_roles(SPARE, _FIRST, _THIRD), 14),
        _up(all_roles(SPARE, _FIRST, _SECOND), 14),
    ),
    users=Users(servers=(), service=()),
)
"""A host that is cleaned serves again two moves later, and none is there all the time."""
