"""What has to be true of a cluster that is up, said once for all tests."""

from __future__ import annotations

from rke_py.cluster.model import Role

from . import etcd
from .kubelets import PODS_IN_DOCKER, ready, report
from .machine import Machine
from .operator import Operator
from .store import Store

_SIDEKICK = "service-sidekick"
_NODE = {"kubelet", "kube-proxy"}
_CONTROL_PLANE = {"kube-apiserver", "kube-controller-manager", "kube-scheduler"}


def faults_of(person: Operator) -> list[str]:
    """Return everything in which the fleet is not the healthy cluster that cluster.yml asks for."""
    world = person.world
    faults = list(world.laws.violations)
    roles = {node["hostname_override"]: frozenset(node["role"]) for node in person.config["nodes"]}
    for name, wanted in roles.items():
        faults += _machine_faults(world.machines[name], wanted, recurring=_recurring(person), rke=of_rke(person))
    faults += [
        f"{machine.name} carries {left}"
        for machine in world.machines.values()
        if machine.name not in roles and machine.powered and (left := _left_on(machine))
    ]
    made = [group for group in world.groups if not group.named]
    if len(made) != 1:
        return [*faults, f"{len(made)} etcd clusters were made"]
    group = group_in_use(person)
    members = {f"etcd-{name}" for name, wanted in roles.items() if Role.ETCD in wanted}
    if {member.name for member in group.members.values()} != members:
        faults.append(f"etcd's members are {[member.name for member in group.members.values()]}")
    faults += [f"{member.name} is a learner" for member in group.members.values() if member.learner]
    faults += [
        f"etcd on {m.name}: {why}"
        for m in etcd.machines_of(group, world)
        if m.name in roles and (why := etcd.unhealthy(m))
    ]
    faults += _node_faults(person, group.store, roles)
    return faults + _authority_faults(person)


def store_of(person: Operator) -> Store:
    """Return what is stored in the one cluster."""
    return group_in_use(person).store


def group_in_use(person: Operator) -> etcd.Group:
    """Return the etcd cluster that most of the machines that are on have data of: a restore makes another one."""
    machines = [machine for machine in person.world.with_etcd_data() if machine.powered]
    groups = [machine.etcd_data.group for machine in machines if machine.etcd_data]
    return max(groups, key=groups.count) if groups else person.world.groups[0]


def _left_on(machine: Machine) -> list[str]:
    """Return what a machine carries that is not in the cluster, snapshots excepted."""
    left = [*machine.containers, *machine.files, *machine.traces, *machine.pods, *machine.cni]
    return left + (["etcd's data"] if machine.etcd_data or machine.set_aside else [])


def _recurring(person: Operator) -> bool:
    return person.config.get("services", {}).get("etcd", {}).get("snapshot") is not False


def of_rke(person: Operator) -> bool:
    """Tell whether it is a cluster of RKE's own releases."""
    return "-rancher" in person.config.get("kubernetes_version", "")


def _machine_faults(machine: Machine, roles: frozenset[str], *, recurring: bool, rke: bool) -> list[str]:
    machine.settle()
    proxy = "nginx-proxy" if rke else "haproxy"
    wanted = _NODE | (_CONTROL_PLANE if "controlplane" in roles else {proxy}) | ({_SIDEKICK} if rke else set())
    wanted |= {"etcd"} | ({"etcd-rolling-snapshots"} if recurring else set()) if "etcd" in roles else set()
    faults = []
    components = {name for name in machine.containers if not name.startswith(PODS_IN_DOCKER)}
    if components != wanted:
        faults.append(f"{machine.name} carries {sorted(components)}")
    if "etcd" not in roles and machine.etcd_data:
        faults.append(f"{machine.name} still has a member's data")
    for container in (machine.containers[name] for name in sorted(components - {_SIDEKICK})):
        if not machine.running(container.spec.name):
            faults.append(f"{container.spec.name} on {machine.name} is {container.status}: {container.log[-1:]}")
        if container.spec.restart != "always":
            faults.append(f"{container.spec.name} on {machine.name} does not come back after a reboot")
    return faults


def _node_faults(person: Operator, store: Store, roles: dict[str, frozenset[str]]) -> list[str]:
    world = person.world
    for machine in world.machines.values():
        if "kubelet" in machine.containers:
            report(machine, store)
    hosts = {machine.cloud_name: machine.name for machine in world.machines.values()}
    nodes = {hosts.get(node.name, node.name): node for node in store.nodes.values()}
    faults = [f"there is no node {name}" for name in roles if name not in nodes]
    faults += [f"there is a node {name}" for name in nodes if name not in roles]
    faults += [f"there are two nodes for a host: {sorted(store.nodes)}"] if len(nodes) != len(store.nodes) else []
    faults += [f"the node {node.name} is not Ready" for node in nodes.values() if not ready(node, world)]
    for name, wanted in roles.items():
        labels = nodes[name].labels if name in nodes else {}
        faults += [
            f"the node {name} is not labelled {role}"
            for role in wanted
            if f"node-role.kubernetes.io/{role}" not in labels
        ]
        faults += [f"the node {name} is cordoned"] if name in nodes and nodes[name].unschedulable else []
    return faults


def _authority_faults(person: Operator) -> list[str]:
    ours = person.state.bundle["kube-ca"].certificate
    found = {
        machine.files["/etc/kubernetes/ssl/kube-ca.pem"].content.decode()
        for machine in person.world.machines.values()
        if "/etc/kubernetes/ssl/kube-ca.pem" in machine.files
    }
    return [] if found == {ours} else [f"{len(found | {ours})} certificate authorities are about"]
