"""What a look for causes saw, and what is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.plan.checks.ports import PortPath
from rke_py.plan.observed import Observed, ObservedPod
from rke_py.plan.observed_backups import ObservedBackup
from rke_py.plan.observed_etcd import EtcdDisk
from rke_py.state.model import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A component on a host; ``container`` is Docker's word for what it does, ``absent`` where there is none."""

    host: str
    name: str
    container: str
    healthy: bool
    detail: str = ""
    exit_code: int = 0
    last_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """Whether a host's place in the pod network answered another host: a small packet, and the largest one."""

    source: str
    target: str
    small: bool
    large: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """Everything that is judged.

    Attributes:
        observed: Hosts, looked at deeply where they answered; etcd; nodes.
        ports: What was found on the paths between hosts, in the words of ``PortState``.
        services: The same for the path from each host to the Service of the API, by host.
        names: Why the cluster's DNS did not answer a host, empty where it did; a host that could not ask is not in it.
        disks: For each etcd member's host what it counted first and last.
        backups: How recurring snapshots go.
        untried: What could not be looked at, and why.
    """

    cluster: Cluster
    state: State
    now: datetime
    observed: Observed
    health: tuple[Health, ...] = ()
    pods: tuple[ObservedPod, ...] = ()
    ports: Mapping[PortPath, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    echoes: tuple[Echo, ...] = ()
    disks: Mapping[str, tuple[EtcdDisk, EtcdDisk]] = field(default_factory=dict)
    backups: tuple[ObservedBackup, ...] = ()
    untried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A known cause that was found.

    Attributes:
        check: The check that found it: ``dns``.
        where: The host, or what it is about; empty when it is about everything.
        cause: One sentence: what is wrong.
        evidence: What shows it.
        remedy: What to do.
        warning: True for what does no harm yet.
    """

    check: str
    where: str
    cause: str
    evidence: tuple[str, ...] = ()
    remedy: str = ""
    warning: bool = False


def finding_of(check: str, problem: Problem) -> Finding:
    """Return a fault that a check before a run knows too."""
    return Finding(check=check, where=problem.where, cause=problem.what, remedy=problem.hint, warning=problem.warning)
