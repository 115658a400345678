"""The plan that puts the old data back."""

from __future__ import annotations

from rke_py.cluster.model import Host
from rke_py.plan.model import Plan
from rke_py.plan.restore.containers import leftovers
from rke_py.plan.restore.forward import Restoring, in_order, stage_of, starting_stages, stopping_stages
from rke_py.plan.restore.model import FoundData
from rke_py.plan.steps import PutOldBack, Step

PUT_BACK, LEFT = "put old data back", "clean up"


def back_plan(restoring: Restoring) -> Plan:
    """Return what leads back to the cluster as it was before the restore.

    Nothing is stopped where no host's data were moved yet, but what a killed run stopped is started. A host that had no
    data before gets no etcd back.
    """
    moved = any(_moved(restoring.found[host.name]) for host in restoring.members)
    members = tuple(host for host in restoring.members if restoring.found[host.name].old)
    stages = (
        *(stopping_stages(restoring) if moved else ()),
        stage_of(PUT_BACK, restoring.members, lambda host: _put_back(restoring, host)),
        *starting_stages(restoring, members, stopped=moved),
        stage_of(LEFT, restoring.cluster.hosts, lambda host: leftovers(restoring.host(host))),
    )
    return Plan(stages=in_order(stages))


def _put_back(restoring: Restoring, host: Host) -> tuple[Step, ...]:
    data = restoring.found[host.name]
    moves = _moved(data)
    if not moves and not data.prepared:
        return ()
    tools, token = restoring.cluster.images.tools, restoring.restore.token
    return (PutOldBack(host=host.name, tools=tools, token=token, moves=moves, why=("the restore is taken back",)),)


def _moved(data: FoundData) -> bool:
    """Tell whether the old data are, or may be, aside: put in place, or half so."""
    return data.in_place or data.half
