"""The plan that puts the old data back."""

from __future__ import annotations

from dataclasses import replace

from rke_py.cluster.model import Host
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.model import OnFailure, Plan
from rke_py.plan.restore.containers import as_it_was, leftovers, starts
from rke_py.plan.restore.forward import (
    CONTROLLERS,
    Restoring,
    in_order,
    stage_of,
    starting_stages,
    stopping_stages,
)
from rke_py.plan.restore.model import FoundData
from rke_py.plan.steps import PutOldBack, Step

PUT_BACK, START_LEAVING, LEFT = "put old data back", "start hosts that leave", "clean up"


def back_plan(restoring: Restoring) -> Plan:
    """Return what leads back to the cluster as it was before the restore.

    Nothing is stopped where no host's data were moved yet, but what a killed run stopped is started. A host that had no
    data before gets no etcd back, and where none had any no API server is waited for. Members on hosts that leave start
    first: the others may need them for their quorum.
    """
    stopped = moved(restoring)
    members = tuple(host for host in restoring.members if restoring.found[host.name].old)
    leaving = stage_of(START_LEAVING, restoring.cluster.leaving, lambda host: _as_before(restoring, host))
    stages = (
        *(stopping_stages(restoring) if stopped else ()),
        stage_of(PUT_BACK, restoring.members, lambda host: _put_back(restoring, host)),
        replace(leaving, on_failure=OnFailure.COUNT),
        *(starting_stages(restoring, members, stopped=stopped) if members else ()),
        stage_of(LEFT, restoring.cluster.hosts, lambda host: leftovers(restoring.host(host))),
    )
    return Plan(stages=in_order(stages))


def moved(restoring: Restoring) -> bool:
    """Tell whether any member's old data are, or may be, aside."""
    return any(_moved(restoring.found[host.name]) for host in restoring.members)


def _put_back(restoring: Restoring, host: Host) -> tuple[Step, ...]:
    moves = _moved(restoring.found[host.name])
    tools, token = restoring.cluster.images.tools, restoring.restore.token
    return (PutOldBack(host=host.name, tools=tools, token=token, moves=moves, why=("the restore is taken back",)),)


def _as_before(restoring: Restoring, host: Host) -> tuple[Step, ...]:
    """Return the steps that start what was stopped on a host that leaves: as it is there, since nothing is wanted."""
    found = restoring.host(host)
    if not found.reachable:
        return ()
    containers = (found.containers.get(name) for name in (ETCD, API_SERVER, *CONTROLLERS))
    specs = (as_it_was(container) for container in containers if container is not None)
    return tuple(step for spec in specs for step in starts(found, spec, stopped=True))


def _moved(data: FoundData) -> bool:
    """Tell whether the old data are, or may be, aside: put in place, or half so."""
    return data.in_place or data.half
