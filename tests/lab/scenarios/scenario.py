"""What is done to a cluster while it is used, as values: how it begins, what is run, what is true afterwards.

The lab's tests play one at a time and look at single behaviours; the report plays all of them, with whatever can come
in between. A new kind of thing that can happen to a cluster is a new value of `Scenario`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..cluster import Cluster
from ..kubectl import Kubectl
from ..lab import FULL, WORKER, Lab, started
from ..operator import Operator
from ..operator import operator as make_operator
from ..probe import Probe

EVERYTHING = ("controlplane", "etcd", "worker")
WORKS = ("worker",)

NOTHING_LOST = ("lost_writes", "missed_events")
"""What has to be 0 whatever happens to hosts."""

BUDGET = (*NOTHING_LOST, "failed_proxy", "failed_other", "failed_service")
"""What has to be 0 when nobody is to notice anything."""

Roles = Mapping[str, Sequence[str]]
THREE_AND_ONE: Roles = {**dict.fromkeys(FULL, EVERYTHING), WORKER: WORKS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """Who uses the cluster meanwhile (probe.py); the hosts named are in it from the begin to the end.

    Attributes:
        servers: Hosts whose API servers are asked.
        proxy: A host without control plane.
        service: The hosts of a Service's two replicas; none leaves the Service out.
    """

    servers: tuple[str, ...] = FULL
    proxy: str = WORKER
    service: tuple[str, str] | tuple[()] = (FULL[-1], WORKER)

    def at_work(self, cluster: Cluster) -> Probe:
        """Return them, to be entered."""
        return Probe(cluster, servers=self.servers, proxy=self.proxy, service=self.service)


Start = Callable[[str, Path, Sequence[str]], Lab]
"""Starts hosts: the lab's name, its folder, and the small disks that a fault wants."""


def hosts(count: int) -> Start:
    """Return what starts so many of the lab's ordinary hosts."""
    return lambda name, folder, disks: started(name, folder, hosts=count, small_disks=disks)


_FIVE = hosts(5)


def _nothing(_: Cluster) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One run of rke-py.

    Attributes:
        words: Its arguments, without those by which it agrees and tells events.
        steps: It has at least so many, from which the point is drawn at which something comes in between.
        before: What the operator does first, as editing cluster.yml.
        again: The arguments of the run that goes on after one that did not finish; the same ones when empty.
        status: How it ends.
    """

    words: tuple[str, ...]
    steps: int
    before: Callable[[Cluster], object] = _nothing
    again: tuple[str, ...] = ()
    status: int = 0

    @property
    def resumed(self) -> tuple[str, ...]:
        """The arguments of the run after one that did not finish."""
        return self.again or self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One thing that is done to a cluster.

    Attributes:
        name: As rows of the report name it.
        what: A few words for the report's page.
        make: Makes the cluster that it begins with; the folder is the operator's.
        moves: What is run, one after another.
        prepare: What happens to the cluster before its users start, as a host's death.
        users: Who uses it.
        proof: Asserts what is true afterwards beside what is true of every cluster that is well.
        budget: What users may not notice: fields of the probe's report that have to be 0.
        start: Starts the hosts.
    """

    name: str
    what: str
    moves: tuple[Move, ...]
    make: Callable[[Lab, Path], Cluster]
    prepare: Callable[[Cluster], object] = _nothing
    users: Users = Users()
    proof: Callable[[Cluster], None] = _nothing
    budget: tuple[str, ...] = BUDGET
    start: Start = _FIVE


def new_cluster(
    roles: Roles = THREE_AND_ONE, edit: Callable[[Operator], object] = lambda _: None, *, metrics: bool = False
) -> Callable[[Lab, Path], Cluster]:
    """Return what makes a new cluster of these hosts, after an edit of the lab's cluster.yml."""

    def make(lab: Lab, folder: Path) -> Cluster:
        person = make_operator(lab, folder, metrics=metrics)
        person.wants(roles)
        edit(person)
        made = person.up()
        kubectl = Kubectl(lab.kubectl, person.kubeconfig)
        kubectl.wait_nodes(*roles)
        return Cluster(person, kubectl, made)

    return make


def editing(change: Callable[[dict[str, Any]], object]) -> Callable[[Cluster], None]:
    """Return what edits cluster.yml."""
    return lambda cluster: cluster.operator.edit(change)


def wanting(roles: Roles) -> Callable[[Cluster], None]:
    """Return what lets cluster.yml have these hosts with these roles."""
    return lambda cluster: cluster.operator.wants(roles)
