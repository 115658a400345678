"""The end of hosts that leave, and of what roles left behind on hosts that stay."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.cluster.model import Host, Role
from rke_py.plan.converge import delete_stale
from rke_py.plan.departing import ETCD, come, demoted, departing, gone, lost, only_worked, stepping_down
from rke_py.plan.model import OnFailure, Stage, Turn
from rke_py.plan.removal import cleaning
from rke_py.plan.stage_names import (
    API_PROXIES,
    CLEAN,
    CONTROL_PLANE,
    DRAIN,
    LEAVE_CONTROL_PLANE,
    LEAVE_ETCD,
    LOST_MEMBERS,
    NODES,
    WORKERS,
)
from rke_py.plan.steps import DeleteNode, DropEtcdData, ForgetHost, RemoveContainer, Step
from rke_py.plan.wanted import Wanted

_SILENT = "it leaves the cluster and does not answer"
_GONE = "its machine is another host's or another cluster's by now"


def departures_stage(wanted: Wanted) -> Stage:
    """Plan that hosts are left as they were found and forgotten, each once its own turns before are over.

    A host that does not answer only loses its Node object; it is remembered as one that still has to be cleaned. A
    machine that is another host's by now, or another cluster's, is not touched.
    """
    turns = (*_cleaned(wanted), *_lost(wanted), *_back(wanted), *_tidied(wanted))
    after = frozenset({LOST_MEMBERS, CONTROL_PLANE, NODES, WORKERS, LEAVE_ETCD})
    return Stage(name=CLEAN, turns=turns, limit=0, on_failure=OnFailure.COUNT, after=after)


def _cleaned(wanted: Wanted) -> Iterator[Turn]:
    first = come(wanted)
    for host in departing(wanted):
        delete = (DeleteNode(host=host.name, why=("its kubelet is gone",)),)
        forget = ForgetHost(host=host.name, clean=True, why=("nothing of the cluster is left on it",))
        done = stepping_down(wanted, host)
        steps = cleaning(wanted.cluster, wanted.found(host), snapshots=False, without_kubelet=delete, done=done)
        yield _turn(host, (*steps, forget), worker=only_worked(host), first=first)


def _lost(wanted: Wanted) -> Iterator[Turn]:
    for host in (*lost(wanted), *gone(wanted)):
        silent = not wanted.found(host).reachable
        why = (_SILENT if silent else _GONE,)
        steps = (DeleteNode(host=host.name, why=why), ForgetHost(host=host.name, clean=not silent, why=why))
        yield _turn(host, steps, worker=only_worked(host))


def _back(wanted: Wanted) -> Iterator[Turn]:
    """Yield turns for nodes of forgotten hosts: their kubelet runs again and made them anew."""
    known = {host.name for host in wanted.cluster.every}
    for name, record in wanted.state.hosts.items():
        if record.forgotten and name not in known and name in wanted.observed.nodes:
            why = ("its host was forgotten and came back",)
            yield Turn(stage=CLEAN, host=name, steps=(DeleteNode(host=name, why=why),), disrupts=False, worker=True)


def _tidied(wanted: Wanted) -> Iterator[Turn]:
    """Yield turns for hosts that stay: containers, data and secrets of the roles that they lost."""
    tools = wanted.cluster.images.tools
    for host in demoted(wanted):
        before = stepping_down(wanted, host)
        left = [name for name in wanted.going(host) if name not in before]
        no_etcd = Role.ETCD in host.carried - host.roles or ETCD in wanted.going(host)
        why = ("its host lost that role",)
        data = (DropEtcdData(host=host.name, tools=tools, why=why),) if no_etcd else ()
        removals = (RemoveContainer(host=host.name, name=name, why=why) for name in left)
        steps = (*removals, *data, *delete_stale(wanted, host))
        if steps:
            yield _turn(host, steps, worker=host.only_worker)


def _turn(host: Host, steps: tuple[Step, ...], *, worker: bool, first: frozenset[str] = frozenset()) -> Turn:
    before = (DRAIN, LEAVE_CONTROL_PLANE, LEAVE_ETCD)
    after = frozenset(f"{stage}/{host.name}" for stage in before) | first
    told = frozenset({f"{API_PROXIES}/{host.name}"})
    return Turn(stage=CLEAN, host=host.name, steps=steps, after=after, past=told, disrupts=False, worker=worker)
