"""``rke-py plan --offline``: what every host is to carry, from cluster.yml alone."""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.cluster.model import Cluster
from rke_py.config.schema import ClusterConfig
from rke_py.errors import Problem
from rke_py.plan.offline import UNKNOWN_TOKEN, PlannedHost, planned_hosts
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.remembered import running_version


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflinePlan:
    """What every host is to carry, in the file's order, and what is odd about the file.

    Attributes:
        config: The file with every default written out.
    """

    cluster: Cluster
    config: ClusterConfig
    hosts: tuple[PlannedHost, ...]
    warnings: tuple[Problem, ...] = ()


def offline_plan(context: Context) -> OfflinePlan:
    """Return what every host is to carry; nobody is contacted and nothing is written.

    A state beside cluster.yml is read: it knows the version of a file that names none, and the etcd cluster's token.

    Raises:
        UsageError: There is no such file.
        ConfigError: Every fault of it.
    """
    state = StateStore(context.state_path).read()
    asked = load_cluster(context.config, running_version=running_version(state))
    token = state.etcd.token if state and state.etcd.token else UNKNOWN_TOKEN
    hosts = planned_hosts(asked.cluster, token=token)
    return OfflinePlan(cluster=asked.cluster, config=asked.completed, hosts=hosts, warnings=asked.warnings)
