"""Faults of all hosts, found before anything is changed: pure, from what one look saw.

Each module here looks at one side of it and knows nothing of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.plan.checks.addresses import address_problems
from rke_py.plan.checks.belonging import belonging_problems
from rke_py.plan.checks.clocks import clock_problems
from rke_py.plan.checks.cri_dockerd import cri_dockerd_problems
from rke_py.plan.checks.departures import departure_problems
from rke_py.plan.checks.disks import disk_problems, measured_folders
from rke_py.plan.checks.etcd import etcd_problems
from rke_py.plan.checks.external_etcd import external_etcd_problems
from rke_py.plan.checks.ingress import ingress_problems
from rke_py.plan.checks.machines import machine_problems
from rke_py.plan.checks.migration import migration_problems
from rke_py.plan.checks.network import network_problems
from rke_py.plan.checks.node_names import node_name_problems
from rke_py.plan.checks.ports import PortPath, path_problems, required_ports, taken_port_problems
from rke_py.plan.checks.rancher import rancher_problems
from rke_py.plan.checks.reach import reach_problems
from rke_py.plan.checks.runtime import runtime_problems
from rke_py.plan.checks.signing import signing_problems
from rke_py.plan.checks.under_way import under_way_problems
from rke_py.plan.checks.versions import version_problems
from rke_py.plan.observed import Observed
from rke_py.state.model import State

__all__ = ["PortPath", "check", "measured_folders", "required_ports"]


def check(
    cluster: Cluster,
    state: State,
    observed: Observed,
    ports: Mapping[PortPath, str],
    *,
    skip: Iterable[str] = (),
) -> tuple[Problem, ...]:
    """Return everything that speaks against going on, and what an operator should know before.

    Args:
        cluster: The cluster as wanted.
        state: What is remembered, with the certificates as they are to be.
        observed: What one look found; a host that is new to us was looked at more deeply.
        ports: What was found on the paths between hosts that were tried, in the words of ``PortState``.
        skip: Names of hosts that the operator does without in this run.

    Returns:
        Faults, and warnings among them (``Problem.warning``), by host in the cluster's order.
    """
    under_way = tuple(under_way_problems(state))
    if any(not problem.warning for problem in under_way):
        return under_way
    problems = (
        *under_way,
        *reach_problems(cluster, observed, frozenset(skip)),
        *address_problems(cluster, state, observed),
        *belonging_problems(cluster, state, observed),
        *etcd_problems(cluster, state, observed),
        *external_etcd_problems(cluster, observed),
        *departure_problems(cluster, state, observed),
        *node_name_problems(cluster, state, observed),
        *rancher_problems(cluster, observed.nodes),
        *migration_problems(cluster, state, observed),
        *signing_problems(cluster, state),
        *version_problems(cluster, observed),
        *machine_problems(cluster, observed),
        *clock_problems(observed),
        *runtime_problems(cluster, observed),
        *cri_dockerd_problems(cluster, state, observed),
        *disk_problems(cluster, observed),
        *taken_port_problems(cluster, observed),
        *ingress_problems(cluster, observed),
        *path_problems(observed, ports),
        *network_problems(cluster, observed),
    )
    order = {host.name: number for number, host in enumerate(cluster.hosts)}
    return tuple(sorted(problems, key=lambda problem: order.get(problem.where, -1)))
