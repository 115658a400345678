"""Whether the machine at a node's new address is the node: another one beside it would be the same node twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rke_py.cluster.model import Cluster, Host
from rke_py.errors import Problem
from rke_py.plan.checks.words import listed
from rke_py.plan.components.etcd import member_name
from rke_py.plan.node_name import is_node_of, name_of
from rke_py.plan.observed import Observed
from rke_py.state.model import State
from rke_py.state.nodes import remembered_nodes


def address_problems(cluster: Cluster, state: State, observed: Observed) -> Iterable[Problem]:
    """Find nodes whose address is another one by now and leads to another machine, or to none.

    Two kubelets would be one node, both with its pods and volumes, and nobody would know of the first any more. A
    machine that only changed its address carries its kubelet; an address that was wrong from the beginning made no
    node.
    """
    moved = [host for host in cluster.hosts if host.moved_from]
    others = [host for host in moved if not is_node_of(observed.hosts[host.name], host)]
    lost = [host for host in others if _in_use(host, state, observed)]
    empty = [
        host.name for host in lost if observed.hosts[host.name].reachable and not name_of(observed.hosts[host.name])
    ]
    for host in lost:
        found, what = observed.hosts[host.name], f"its address was {host.moved_from} before, and"
        if not found.reachable:
            what += f" nobody answers at {host.address} who could tell whether it is the same machine"
            hint = "Bring it up first, or write the address that it had."
        elif there := name_of(found):
            what, hint = f"{what} the machine there is {there}", "Correct the address."
        else:
            what, hint = f"{what} the machine there carries nothing of this cluster", _ways(host.name, empty)
        yield Problem(where=host.name, what=what, hint=hint)


def _ways(name: str, empty: Sequence[str]) -> str:
    """Return how new machines come in the place of old ones; one that is dead holds up the replacement of another."""
    if len(empty) > 1:
        return (
            f"Take {listed(empty)} out of cluster.yml, run rke-py up, and put them in again: the old machines leave "
            "the cluster, dead or alive. Or give the new ones other names (hostname_override)."
        )
    return (
        f"Is the old machine dead: rke-py node replace {name}. Otherwise give the new one another name "
        f"(hostname_override), or take {name} out of cluster.yml, run rke-py up, and put it in again."
    )


def _in_use(host: Host, state: State, observed: Observed) -> bool:
    """Tell whether the cluster has such a node or member; without an API server, whether it once was to have it."""
    if host.name in observed.nodes or any(member.name == member_name(host) for member in observed.etcd.members):
        return True
    return not observed.api and any(node.name == host.name for node in remembered_nodes(state.configuration))
