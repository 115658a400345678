"""Old machines whose names other ones have in a restore: they may come back, so they stay known by their addresses."""

from __future__ import annotations

from rke_py.observe.hosts import look_at_every_host
from rke_py.plan.node_name import is_node_of
from rke_py.state.model import State
from rke_py.workflows.context import Context
from rke_py.workflows.loading import Asked


def forgetting_replaced(asked: Asked, state: State, context: Context) -> State:
    """Return the state with machines to be cleaned that other ones replace under their names.

    ``up`` refuses such a name, since two kubelets would be one node. A restore goes on where all machines are new; it
    remembers the address of now, and so is the last that can tell.

    Args:
        asked: What cluster.yml asks for, beside that state.
        state: What is remembered.
        context: How hosts are reached; none is where no address is another one than before.
    """
    moved = [host for host in asked.cluster.hosts if host.moved_from]
    if not moved:
        return state
    with context.edges.fleet(asked.cluster, context) as fleet:
        hosts = look_at_every_host(asked.cluster, fleet, context.skip).hosts
    for host in moved:
        if not is_node_of(hosts[host.name], host):  # else the machine itself has another address
            state = state.forgetting(host.name)
    return state
