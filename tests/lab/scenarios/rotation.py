"""New certificates, new CAs, a new key for tokens."""

from __future__ import annotations

from dataclasses import replace

from ..cluster import Cluster
from .scenario import Move, Scenario, new_cluster

LEAVES = Move(words=("cert", "rotate"), steps=8)
CA = Move(words=("cert", "rotate", "--rotate-ca"), steps=24)
CA_AND_PODS = Move(words=(*CA.words, "--restart-workloads"), steps=24)
FINISH = Move(words=("cert", "rotate", "--finish"), steps=8)
ABANDON = Move(words=("cert", "rotate", "--abandon"), steps=8)
KEY = Move(words=("cert", "rotate", "--service-account-key"), steps=6)
_KINDS = "deployments,daemonsets"


def _over(cluster: Cluster) -> None:
    state = cluster.operator.state
    assert state.rotation is None, state.rotation
    assert state.bundle["kube-ca"].certificate.count("BEGIN") == 1


def _restart_workloads(cluster: Cluster) -> None:
    """Let all pods have tokens of the new key, as an operator does before the old one is dropped."""
    kubectl = cluster.kubectl
    for namespace in (item["metadata"]["name"] for item in kubectl.items("namespaces")):
        found = kubectl("get", _KINDS, "--namespace", namespace, "--output", "name").split()
        if found:
            kubectl("rollout", "restart", "--namespace", namespace, *found)
        for name in found:
            kubectl("rollout", "status", "--namespace", namespace, name, "--timeout=300s")


LEAF_ROTATION = Scenario(
    name="certificates",
    what="new certificates for everything",
    make=new_cluster(metrics=True),
    moves=(LEAVES,),
    proof=_over,
)
CA_ROTATION = Scenario(
    name="ca",
    what="new CAs in three rolls, workloads restarted in between",
    make=new_cluster(metrics=True),
    moves=(CA_AND_PODS, FINISH),
    proof=_over,
)
CA_GIVEN_UP = Scenario(
    name="ca-given-up",
    what="new CAs that every host trusts, given up while pods hold the second roll up",
    make=new_cluster(metrics=True),
    moves=(replace(CA, status=1), ABANDON),
    proof=_over,
)
KEY_ROTATION = Scenario(
    name="service-account-key",
    what="a new key for service accounts' tokens, the old one dropped",
    make=new_cluster(metrics=True),
    moves=(KEY, Move(words=FINISH.words, steps=3, before=_restart_workloads)),
    proof=_over,
)
