"""The cluster that the reference pages take their examples from: one host of each role."""

from __future__ import annotations

from datetime import UTC, datetime

from rke_py.cluster.model import Cluster
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.pki.issue import issue
from rke_py.pki.keys import generate_key
from rke_py.plan.containers import ContainerSpec, FoundContainer, Status
from rke_py.plan.make import make_plan
from rke_py.plan.model import Plan
from rke_py.plan.node import NodePlan, node_plan
from rke_py.plan.observed import DeepFacts, Observed, ObservedHost
from rke_py.plan.removal import make_removal
from rke_py.render.addons import render_addons
from rke_py.state.model import EtcdRecord, State

ROLES_APART = """\
kubernetes_version: v1.34.4
nodes:
  - {address: 10.0.0.11, hostname_override: etcd-1, user: ubuntu, role: [etcd]}
  - {address: 10.0.0.12, hostname_override: control-1, user: ubuntu, role: [controlplane]}
  - {address: 10.0.0.13, hostname_override: worker-1, user: ubuntu, role: [worker]}
"""

THREE_AND_TWO = """\
kubernetes_version: v1.34.4
nodes:
  - {address: 10.0.0.11, hostname_override: n1, user: ubuntu, role: [controlplane, etcd]}
  - {address: 10.0.0.12, hostname_override: n2, user: ubuntu, role: [controlplane, etcd]}
  - {address: 10.0.0.13, hostname_override: n3, user: ubuntu, role: [controlplane, etcd]}
  - {address: 10.0.0.14, hostname_override: n4, user: ubuntu, role: [worker]}
  - {address: 10.0.0.15, hostname_override: n5, user: ubuntu, role: [worker]}
"""


def cluster(text: str = ROLES_APART) -> Cluster:
    """Return the cluster of a cluster.yml."""
    return resolve(load(text).config)


def state(wanted: Cluster) -> State:
    """Return the state of a cluster that is about to be made; its keys are new each time and shown nowhere."""
    made = issue(wanted, {}, now=datetime(2026, 11, 1, tzinfo=UTC), new_key=generate_key)
    return State(lineage="example", etcd=EtcdRecord(token="example"), bundle=made.bundle)  # noqa: S106 - no secret


def nodes(wanted: Cluster, known: State) -> dict[str, NodePlan]:
    """Return what every host has to carry, of machines as they usually are."""
    return {host.name: node_plan(wanted, host, known, None, None) for host in wanted.hosts}


def fresh_plan(text: str = THREE_AND_TWO) -> Plan:
    """Return the plan of a new cluster."""
    wanted = cluster(text)
    known = state(wanted)
    addons = render_addons(wanted, known.bundle)
    return make_plan(wanted, known, _nothing_there(wanted), nodes(wanted, known), addons)


def removal(text: str = ROLES_APART) -> Plan:
    """Return the plan that takes a cluster away."""
    wanted = cluster(text)
    hosts = {
        name: ObservedHost(name=name, containers={spec.name: _running(spec) for spec in plan.containers})
        for name, plan in nodes(wanted, state(wanted)).items()
    }
    return make_removal(wanted, Observed(hosts=hosts), snapshots=False)


def _running(spec: ContainerSpec) -> FoundContainer:
    return FoundContainer(id=spec.name, spec=spec, status=Status.RUNNING, image_id="")


def _nothing_there(wanted: Cluster) -> Observed:
    deep = DeepFacts(cri=True, cni_outdated=("bridge", "host-local", "loopback", "portmap"))
    return Observed(hosts={host.name: ObservedHost(name=host.name, deep=deep) for host in wanted.hosts})
