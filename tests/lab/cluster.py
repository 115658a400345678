"""The cluster of the tests and what is true of it while it is well."""

from __future__ import annotations

from dataclasses import dataclass

from .kubectl import Kubectl, Object
from .lab import Lab
from .operator import Operator, Run
from .waiting import until

CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that runs.

    Attributes:
        made: The run of ``up`` that made it.
    """

    operator: Operator
    kubectl: Kubectl
    made: Run

    @property
    def lab(self) -> Lab:
        """Its hosts."""
        return self.operator.lab


def containers_of(roles: set[str], *, of_rke: bool = False) -> set[str]:
    """Return the names of the containers that a host with these roles carries, and no others."""
    return (
        {"kubelet", "kube-proxy", *(["service-sidekick"] if of_rke else [])}
        | ({"etcd", "etcd-rolling-snapshots"} if "etcd" in roles else set())
        | (set(CONTROL_PLANE) if "controlplane" in roles else {"nginx-proxy" if of_rke else "haproxy"})
    )


def assert_well(operator: Operator, kubectl: Kubectl) -> None:
    """Assert that the cluster is the one that cluster.yml asks for, with nothing left over."""
    names = [node["hostname_override"] for node in operator.config["nodes"]]
    of_rke = "-rancher" in operator.config["kubernetes_version"]
    kubectl.wait_nodes(*names)
    assert kubectl.ready_nodes() == set(names)
    for node in operator.config["nodes"]:
        name = node["hostname_override"]
        assert set(operator.lab.containers(name)) == containers_of(set(node["role"]), of_rke=of_rke), name
    assert_one_authority(operator)
    members = etcd_members(operator)
    wanted = {f"etcd-{node['hostname_override']}" for node in operator.config["nodes"] if "etcd" in node["role"]}
    assert set(members) == wanted
    assert not any(learner for learner in members.values()), members
    until(lambda: not pods_not_running(kubectl), "all pods of the system Running", seconds=180)


def assert_one_authority(operator: Operator) -> None:
    """Assert that every host trusts the one CA that the state remembers."""
    ours = operator.state.bundle["kube-ca"].certificate.strip()
    for node in operator.config["nodes"]:
        name = node["hostname_override"]
        assert operator.lab.run(name, "cat", "/etc/kubernetes/ssl/kube-ca.pem").strip() == ours, name


def etcd_members(operator: Operator) -> dict[str, bool]:
    """Return the members that etcd itself knows, and whether each is a learner."""
    host = next(node["hostname_override"] for node in operator.config["nodes"] if "etcd" in node["role"])
    lines = operator.lab.docker(host, "exec", "etcd", "etcdctl", "member", "list").splitlines()
    rows = [[cell.strip() for cell in line.split(",")] for line in lines]
    return {row[2]: row[5] == "true" for row in rows}


def pods_not_running(kubectl: Kubectl) -> list[str]:
    """Return the pods of the system, but those of jobs that are done, that do not run with all containers ready."""
    going = kubectl.items("pods", "--namespace", "kube-system", "--field-selector", "status.phase!=Succeeded")
    return [_title(pod) for pod in going if not runs(pod)]


def runs(pod: Object) -> bool:
    """Tell whether a pod is Running with all containers ready."""
    ready = (found["ready"] for found in pod["status"].get("containerStatuses", ()))
    return pod["status"]["phase"] == "Running" and all(ready)


def _title(pod: Object) -> str:
    return f"{pod['metadata']['name']} {pod['status']['phase']}"
