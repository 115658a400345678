"""A cluster that RKE made is taken over, and lives on without RKE."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.plan.rke.recorded import HOSTS
from vagrant.lab.programs import RKE_KUBERNETES, RKE_NEWER

from ..cluster import Cluster, runs
from ..rke.reenact import RECORDED_REGISTRY, SPARE, made_by_rke, of_lab
from ..waiting import until
from .backups import LOST_QUORUM, RESTORED
from .encryption import ENCRYPTION_KEY, encrypted
from .playing import do
from .rke_hosts import BUT_PROXY, OF_THREE, WITH_WORKER, hosts_of_rke, with_newer_etcd, with_worker
from .rotation import CA_ROTATION, KEY_ROTATION, LEAVES
from .scenario import Move, Scenario, editing
from .upgrade import NEW, OLD, ask_for, runs_new, tagged

CRI_DOCKERD = "/run/cri-dockerd.sock"
_UPSTREAM = "192.0.2.53"
_INTERFACE = "eth0"


def newer_release(config: dict[str, Any]) -> None:
    """Ask for a later release of RKE's own."""
    config["kubernetes_version"] = f"{RKE_NEWER}-rancher1-1"
    newer_images(config)


def newer_images(config: dict[str, Any]) -> None:
    """Let ``system_images`` have what it has."""
    config["system_images"]["kubernetes"] = f"{RECORDED_REGISTRY}/rancher/hyperkube:{RKE_NEWER}-rancher1"


def runs_newer(cluster: Cluster) -> None:
    """Assert that kubelets run that one."""
    kubelets = {node["status"]["nodeInfo"]["kubeletVersion"] for node in cluster.kubectl.items("nodes")}
    assert kubelets == {RKE_NEWER}


def _more_words_of(*services: str) -> Move:
    def edit(config: dict[str, Any]) -> None:
        for service in services:
            config["services"].setdefault(service, {}).setdefault("extra_args", {})["v"] = "3"

    return Move(words=("up",), steps=3 * len(services), before=editing(edit))


def _other_dns(config: dict[str, Any]) -> None:
    config["dns"] = {**(config.get("dns") or {}), "provider": "coredns", "upstreamnameservers": [_UPSTREAM]}


def _other_network(config: dict[str, Any]) -> None:
    config["network"] = {**config["network"], "options": {"flannel_iface": _INTERFACE}}


def _asks_upstream(cluster: Cluster) -> None:
    """Assert that the edit reached CoreDNS, and that nothing of RKE's job for it is left."""
    found = cluster.kubectl.items("configmaps", "--namespace", "kube-system")
    (corefile,) = (each["data"]["Corefile"] for each in found if each["metadata"]["name"] == "coredns")
    assert _UPSTREAM in corefile
    _no_job_is_left(cluster, "rke-coredns-addon")


def _uses_interface(cluster: Cluster) -> None:
    """Assert that the edit reached flannel's pods, and that nothing of RKE's job for it is left."""
    pods = cluster.kubectl.items("pods", "--namespace", "kube-system")
    flannel = [pod["spec"]["containers"] for pod in pods if pod["metadata"]["name"].startswith("kube-flannel-")]
    assert len(flannel) == len(HOSTS)
    assert all(f"--iface={_INTERFACE}" in str(containers) for containers in flannel)
    _no_job_is_left(cluster, "rke-network-plugin")


def _no_job_is_left(cluster: Cluster, name: str) -> None:
    left = {each["metadata"]["name"] for each in cluster.kubectl.items("configmaps,jobs", "--namespace", "kube-system")}
    assert not {name, f"{name}-deploy-job"} & left


def leave(cluster: Cluster) -> None:
    """Ask for the first version that is not RKE's, and the lab's images, as cluster.yml has them of any other lab."""
    written = of_lab(cluster.lab)

    def edit(config: dict[str, Any]) -> None:
        config["kubernetes_version"] = OLD[0]
        config["system_images"] = tagged(written["system_images"], OLD)
        config["private_registries"] = written["private_registries"]

    cluster.operator.edit(edit)


def _newest(cluster: Cluster) -> None:
    """Assert that the newest version runs, and nothing of RKE's."""
    runs_new(cluster)
    left(cluster)


def left(cluster: Cluster) -> None:
    """Assert that every pod of whoever runs, and that nothing of RKE's is there any more."""
    until(lambda: not _not_running(cluster), "all pods Running", seconds=180)
    for host in (*HOSTS, SPARE):
        for place in (CRI_DOCKERD, "/var/lib/cri-dockerd", "/etc/kubernetes/ssl/kubecfg-kube-node.yaml"):
            assert not cluster.lab.succeeds(host, "test", "-e", place), (host, place)


def _not_running(cluster: Cluster) -> list[str]:
    pods = cluster.kubectl.items("pods", "--all-namespaces", "--field-selector", "status.phase!=Succeeded")
    return [pod["metadata"]["name"] for pod in pods if not runs(pod)]


def _on_rke(scenario: Scenario, *, name: str, what: str) -> Scenario:
    """Return a scenario played on a cluster in RKE's own containers, with a worker beside."""
    start = hosts_of_rke(spare=True)
    return replace(scenario, name=name, what=what, start=start, make=with_worker, users=WITH_WORKER, budget=BUT_PROXY)


TAKE_OVER = Scenario(
    name="rke-take-over",
    what="a cluster of RKE's taken over, and an argument of its schedulers changed with that",
    start=hosts_of_rke(spare=False),
    make=made_by_rke,
    moves=(_more_words_of("scheduler"),),
    users=OF_THREE,
)
DNS_OF_RKE = Scenario(
    name="rke-dns",
    what="the add-on of RKE's DNS becomes ours, with a name server edited",
    start=hosts_of_rke(spare=False),
    make=made_by_rke,
    moves=(Move(words=("up",), steps=2, before=editing(_other_dns)),),
    users=OF_THREE,
    proof=_asks_upstream,
)
NETWORK_OF_RKE = Scenario(
    name="rke-network",
    what="the add-on of RKE's pod network becomes ours, with another interface",
    start=hosts_of_rke(spare=False),
    make=made_by_rke,
    moves=(Move(words=("up",), steps=2, before=editing(_other_network)),),
    users=OF_THREE,
    proof=_uses_interface,
)
ARGUMENTS_OF_RKE = Scenario(
    name="rke-arguments",
    what="in RKE's own containers an argument of API server and kubelet changed",
    start=hosts_of_rke(spare=True),
    make=with_worker,
    moves=(_more_words_of("kube-api", "kubelet"),),
    users=WITH_WORKER,
    budget=BUT_PROXY,
)
UPGRADE_OF_RKE = Scenario(
    name="rke-upgrade",
    what=f"from one of RKE's releases to another, {RKE_KUBERNETES} to {RKE_NEWER}, in RKE's own containers",
    start=hosts_of_rke(spare=True),
    make=with_worker,
    moves=(Move(words=("up",), steps=16, before=editing(newer_release)),),
    users=WITH_WORKER,
    budget=BUT_PROXY,
    proof=runs_newer,
)
CERTIFICATES_OF_RKE = Scenario(
    name="rke-certificates",
    what="new certificates for everything in RKE's own containers",
    start=hosts_of_rke(spare=True),
    make=with_worker,
    moves=(LEAVES,),
    users=WITH_WORKER,
    budget=BUT_PROXY,
)
CA_OF_RKE = _on_rke(
    CA_ROTATION,
    name="rke-ca",
    what="in RKE's own containers new CAs in three rolls, workloads restarted in between",
)
KEY_OF_RKE = _on_rke(
    KEY_ROTATION,
    name="rke-service-account-key",
    what="in RKE's own containers a new key for service accounts' tokens, the old one dropped",
)
ENCRYPTION_OF_RKE = Scenario(
    name="rke-encryption",
    what="in RKE's own containers Secrets encrypted at rest, then a new key for them",
    start=hosts_of_rke(spare=True),
    make=with_worker,
    moves=(
        Move(words=("encrypt", "enable"), steps=12, before=lambda cluster: encrypted(cluster.operator), again=("up",)),
        *ENCRYPTION_KEY.moves,
    ),
    users=WITH_WORKER,
    budget=BUT_PROXY,
)
RESTORED_OF_RKE = replace(
    RESTORED,
    name="rke-restore",
    what="RKE's cluster back to a snapshot of etcd",
    start=hosts_of_rke(spare=True),
    make=with_worker,
    users=WITH_WORKER,
)
QUORUM_OF_RKE = replace(
    LOST_QUORUM,
    name="rke-lost-quorum",
    what="of RKE's members two lose their disks, the third goes on alone, two join anew",
    start=hosts_of_rke(spare=True),
    make=with_newer_etcd(with_worker),
    users=WITH_WORKER,
)
MIGRATION = Scenario(
    name="rke-migrate",
    what=f"out of RKE's releases, in place: to {OLD[0]} with pods from Docker to containerd, then {NEW[0]}",
    start=hosts_of_rke(spare=True),
    make=with_worker,
    moves=(
        Move(words=("up",), steps=44, before=leave),
        Move(words=("up",), steps=24, before=lambda cluster: ask_for(cluster.operator, NEW[0], NEW)),
    ),
    users=WITH_WORKER,
    budget=BUT_PROXY,
    proof=_newest,
)
UPGRADE_AFTER_RKE = Scenario(
    name="rke-left",
    what=f"once out of RKE's releases, its proxy replaced: {OLD[0]} to {NEW[0]}, as on any other cluster",
    start=hosts_of_rke(spare=True),
    make=with_worker,
    prepare=lambda cluster: do(cluster, MIGRATION.moves[:1]),
    moves=MIGRATION.moves[1:],
    users=WITH_WORKER,
    proof=_newest,
)
