"""Clusters that RKE made, on simulated machines: one as it was recorded, others as RKE would make them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rke_py.cluster.model import Cluster
from rke_py.pki.issue import issue
from rke_py.pki.keys import generate_key
from rke_py.pki.model import Bundle
from rke_py.plan.containers import ContainerSpec, FoundContainer, Status
from rke_py.plan.files import FoundFile
from rke_py.plan.node import NodePlan, node_plan
from rke_py.plan.node_object import address_annotations, role_labels
from rke_py.plan.rke.sections import SECTIONS
from rke_py.render.kubelet import role_taints
from rke_py.state.codec import encode
from rke_py.state.model import State
from rke_py.transport.container_json import found_container
from rke_py.workflows.loading import load_cluster
from tests.plan.rke.recorded import HOSTS, MADE, config, files, inspected
from tests.plan.rke.recorded import nodes as recorded_nodes

from . import kubelets
from .clock import BEGAN
from .etcd import Group, Member, MemberData
from .fleet import simulated
from .machine import IMAGE_ENV, Machine
from .operator import Operator
from .operator import operator as make_operator
from .probe import CNI_PLUGINS
from .store import Node, Ref, Store
from .world import World

VERSION = "v1.32.2-rancher1-1"

LEFT = (
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "job-deployer"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "system:node"),
    ("batch/v1", "Job", "kube-system", "rke-network-plugin-deploy-job"),
)
"""Some of what RKE left in every cluster."""

_RBAC = "rbac.authorization.k8s.io/v1"


def _ref(api_version: str, kind: str, name: str) -> Ref:
    return api_version, kind, "" if kind.startswith("Cluster") else "kube-system", name


def _account(name: str) -> tuple[Ref, ...]:
    roles = (_ref(_RBAC, kind, f"system:{name}") for kind in ("ClusterRole", "ClusterRoleBinding"))
    return _ref("v1", "ServiceAccount", name), *roles


SERVICE = _ref("v1", "Service", "kube-dns")

BACKEND: frozenset[Ref] = frozenset(
    (version, kind, "ingress-nginx", "default-http-backend")
    for version, kind in (("apps/v1", "Deployment"), ("v1", "Service"))
)
WEBHOOK_JOBS: frozenset[Ref] = frozenset(
    {
        *(("batch/v1", "Job", "ingress-nginx", f"ingress-nginx-admission-{does}") for does in ("create", "patch")),
        ("v1", "ServiceAccount", "ingress-nginx", "ingress-nginx-admission"),
        (_RBAC, "ClusterRole", "", "ingress-nginx-admission"),
        ("networking.k8s.io/v1", "NetworkPolicy", "ingress-nginx", "ingress-nginx-admission"),
    }
)
"""By which RKE makes the certificate of ingress-nginx's webhook, and what they need."""

WEBHOOK_CA = "the CA of RKE's job"

DEFINITIONS = frozenset(
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", f"{kind}.crd.projectcalico.org")
    for kind in ("felixconfigurations", "globalnetworkpolicies", "ippools")
)
"""Of kinds in which users keep objects of their own; some of them."""

NETWORKS: Mapping[str, frozenset[Ref]] = {
    "flannel": frozenset(
        {
            *(_ref(_RBAC, kind, "flannel") for kind in ("ClusterRole", "ClusterRoleBinding")),
            _ref("v1", "ServiceAccount", "flannel"),
            _ref("v1", "ConfigMap", "kube-flannel-cfg"),
            _ref("apps/v1", "DaemonSet", "kube-flannel"),
        }
    ),
    "canal": frozenset(
        {
            *DEFINITIONS,
            ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "globalbgpconfigs.crd.projectcalico.org"),
            *(_ref(_RBAC, "ClusterRole", name) for name in ("calico", "flannel", "calico-kube-controllers")),
            *(_ref(_RBAC, "ClusterRoleBinding", name) for name in ("canal-calico", "canal-flannel")),
            *(_ref("v1", "ServiceAccount", name) for name in ("canal", "calico-kube-controllers")),
            _ref("v1", "ConfigMap", "canal-config"),
            _ref("apps/v1", "DaemonSet", "canal"),
            _ref("apps/v1", "Deployment", "calico-kube-controllers"),
        }
    ),
}
"""What RKE's job for the pod network applies, by plugin: one kind of canal's is of an older release."""

NETWORK_JOB, CACHE_JOB = "rke-network-plugin", "rke-nodelocal-addon"

APPLIED: Mapping[str, frozenset[Ref]] = {
    "rke-coredns-addon": frozenset(
        {
            SERVICE,
            _ref("v1", "ConfigMap", "coredns"),
            *(_ref("apps/v1", "Deployment", name) for name in ("coredns", "coredns-autoscaler")),
            *_account("coredns"),
            *_account("coredns-autoscaler"),
        }
    ),
    "rke-kube-dns-addon": frozenset(
        {
            SERVICE,
            _ref("v1", "ConfigMap", "kube-dns"),
            _ref("v1", "ServiceAccount", "kube-dns"),
            *(_ref("apps/v1", "Deployment", name) for name in ("kube-dns", "kube-dns-autoscaler")),
            *_account("kube-dns-autoscaler"),
        }
    ),
    CACHE_JOB: frozenset(
        {
            _ref("v1", "ServiceAccount", "node-local-dns"),
            *(_ref("v1", "Service", name) for name in ("kube-dns-upstream", "node-local-dns")),
            _ref("v1", "ConfigMap", "node-local-dns"),
            _ref("apps/v1", "DaemonSet", "node-local-dns"),
        }
    ),
    "rke-metrics-addon": frozenset(
        {
            ("apiregistration.k8s.io/v1", "APIService", "", "v1beta1.metrics.k8s.io"),
            _ref(_RBAC, "ClusterRole", "system:metrics-server"),
            _ref(_RBAC, "ClusterRole", "system:aggregated-metrics-reader"),
            _ref(_RBAC, "ClusterRoleBinding", "system:metrics-server"),
            _ref(_RBAC, "ClusterRoleBinding", "metrics-server:system:auth-delegator"),
            _ref(_RBAC, "RoleBinding", "metrics-server-auth-reader"),
            _ref("v1", "ServiceAccount", "metrics-server"),
            _ref("v1", "Service", "metrics-server"),
            _ref("apps/v1", "Deployment", "metrics-server"),
        }
    ),
    "rke-ingress-controller": frozenset(
        {
            ("v1", "Namespace", "", "ingress-nginx"),
            ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", "ingress-nginx-admission"),
            ("networking.k8s.io/v1", "IngressClass", "", "nginx"),
            *(
                ("v1", "ConfigMap", "ingress-nginx", name)
                for name in ("ingress-nginx-controller", "tcp-services", "udp-services")
            ),
            ("v1", "ServiceAccount", "ingress-nginx", "ingress-nginx"),
            ("apps/v1", "DaemonSet", "ingress-nginx", "nginx-ingress-controller"),
            ("v1", "Service", "ingress-nginx", "ingress-nginx-controller-admission"),
            *BACKEND,
            *WEBHOOK_JOBS,
        }
    ),
}
"""What RKE's other jobs apply, by the name of their ConfigMap."""


def job_of(name: str) -> tuple[Ref, Ref]:
    """Return a job of RKE's with its ConfigMap."""
    return _ref("batch/v1", "Job", f"{name}-deploy-job"), _ref("v1", "ConfigMap", name)


def apply_as_rke(store: Store, name: str, plugin: str = "flannel") -> None:
    """Let a job of RKE's apply its text."""
    applied = NETWORKS.get(plugin, frozenset()) if name == NETWORK_JOB else APPLIED[name]
    store.left_by_rke |= {*job_of(name)}
    store.texts[name] = applied
    store.of_rke |= applied
    if applied >= WEBHOOK_JOBS:
        store.webhook_ca = WEBHOOK_CA


def _jobs(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the jobs of RKE's that a configuration as it is remembered asks for."""
    for section in SECTIONS.values():
        yield from section.applied_last(document)


_MADE_AT = datetime(2026, 11, 26, tzinfo=UTC)
_PEER_PORT = 2380


def recorded(folder: Path) -> Operator:
    """Return the operator of the cluster that RKE itself made: three hosts, each with all roles."""
    world = simulated(0)
    world.time.pass_time((_MADE_AT - world.now).total_seconds())
    for name, address in HOSTS.items():
        machine(world, name, address)
    containers = {name: [found_container(one, IMAGE_ENV) for one in inspected(name).values()] for name in HOSTS}
    nodes = [
        Node(
            name=node["name"],
            labels=node["labels"],
            annotations=node["annotations"],
            kubelet_version="v1.32.2",
            network=True,
            renewed_at=world.now,
        )
        for node in recorded_nodes()
    ]
    restore(world, containers, dict.fromkeys(HOSTS, _files()), nodes)
    _settle(world)
    for name in (NETWORK_JOB, "rke-coredns-addon"):
        apply_as_rke(world.groups[0].store, name)
    made = Operator(world=world, folder=folder, config=config())
    made.write()
    (folder / "cluster.rkestate").write_bytes((MADE / "cluster.rkestate").read_bytes())
    return made


def made_by_rke(folder: Path, *roles: str, **config: Any) -> Operator:
    """Return the operator of a cluster as RKE would have made it; nothing of rke-py's is in it yet.

    Args:
        folder: Where cluster.yml and RKE's state lie.
        roles: For each machine some of the letters ``e``, ``c`` and ``w``; none for one that is not in cluster.yml.
        config: Further top-level keys of cluster.yml. A cloud that names nodes calls the machines as Amazon does.
    """
    settings = {"kubernetes_version": VERSION, "network": {"plugin": "flannel"}, "monitoring": {"provider": "none"}}
    person = make_operator(folder, *roles, **(settings | config))
    world = person.world
    asked = load_cluster(person.path)
    cluster, remembered = asked.cluster, asked.remembered
    for there in world.machines.values() if cluster.cloud.names_nodes else ():
        there.cloud_name = f"ip-{there.internal_address.replace('.', '-')}.eu-central-1.compute.internal"
    bundle = _bundle(person.path.read_text(), cluster)
    state = State(lineage="0" * 32, bundle=bundle, desired=remembered, configuration=remembered, applied=bundle)
    document = json.loads(encode(state))
    del document["rkePy"]
    (folder / "cluster.rkestate").write_text(json.dumps(document))
    plans = {host.name: node_plan(cluster, host, state, None, None) for host in cluster.hosts}
    nodes = [
        Node(
            name=world.machines[host.name].cloud_name or host.name,
            labels=role_labels(host) | dict(host.labels),
            annotations=address_annotations(host),
            taints=(*role_taints(host), *host.taints),
            network=True,
            renewed_at=world.now,
        )
        for host in cluster.hosts
    ]
    containers = {name: [_running(spec) for spec in plan.containers] for name, plan in plans.items()}
    plugin = cluster.network.plugin
    restore(world, containers, {name: _written(plan) for name, plan in plans.items()}, nodes, plugin)
    _settle(world)
    for name in _jobs(remembered):
        apply_as_rke(world.groups[0].store, name, plugin)
    return person


_BUNDLES: dict[str, Bundle] = {}


def _bundle(config: str, cluster: Cluster) -> Bundle:
    """Return certificates of the cluster, the same for each that is made from that file: RSA keys take their time."""
    if config not in _BUNDLES:
        at = BEGAN - timedelta(days=30)
        _BUNDLES[config] = issue(cluster, {}, now=at, new_key=lambda _: generate_key("ecdsa-p256")).bundle
    return _BUNDLES[config]


def _running(spec: ContainerSpec) -> FoundContainer:
    status = Status.RUNNING if spec.starts else Status.CREATED
    return FoundContainer(id=spec.name, spec=spec, status=status, image_id=spec.image)


def _written(plan: NodePlan) -> dict[str, FoundFile]:
    return {
        file.path: FoundFile(
            path=file.path, content=file.content, mode=file.mode, uid=file.uid, gid=file.gid, modified=BEGAN
        )
        for file in plan.files
    }


def _files() -> dict[str, FoundFile]:
    return {
        path: FoundFile(path=path, content=content, mode=0o600, uid=0, gid=0, modified=BEGAN)
        for path, content in files().items()
    }


def _settle(world: World) -> None:
    world.time.pass_time(60)
    for there in world.machines.values():
        if "kubelet" in there.containers:
            kubelets.report(there, world.groups[0].store)


def machine(world: World, name: str, address: str) -> Machine:
    """Add a machine with Docker and nothing else."""
    made = Machine(name=name, address=address, internal_address=address, world=world)
    world.add(made)
    return made


def restore(
    world: World,
    containers: Mapping[str, Iterable[FoundContainer]],
    files: Mapping[str, Mapping[str, FoundFile]],
    nodes: Iterable[Node],
    plugin: str = "flannel",
) -> None:
    """Put a cluster onto machines and let it run.

    Args:
        world: Where the machines are.
        containers: Those of each machine, by its name.
        files: Those below /etc/kubernetes, by machine.
        nodes: The Node objects.
        plugin: The pod network that RKE applied; one of the owner's own with ``none``.
    """
    group = Group(id=world.new_id(), token="etcd-cluster-1")
    world.groups.append(group)
    group.store.nodes = {node.name: node for node in nodes}
    network = plugin if plugin in kubelets.NETWORKS else "flannel"
    group.store.addons = {network: {}}
    group.store.by_rke = {network}
    group.store.left_by_rke = set(LEFT)
    for name in containers:
        there = world.machines[name]
        there.cni = set(CNI_PLUGINS)
        there.files = {path: replace(file, modified=there.now) for path, file in files[name].items()}
    everything = [(world.machines[name], one) for name, found in containers.items() for one in found]
    for there, container in sorted(everything, key=lambda entry: _ORDER.get(entry[1].name, len(_ORDER))):
        if container.name == "etcd":
            _member(there, group, world)
            there.etcd_owner = container.spec.user or there.etcd_owner
        there.images.add(container.spec.image)
        made = there.create(container.spec)
        if container.running:
            made.start()


_ORDER = {"service-sidekick": 0, "etcd": 1}
"""What others need first."""


def _member(there: Machine, group: Group, world: World) -> None:
    url = f"https://{there.internal_address}:{_PEER_PORT}"
    member = Member(id=world.new_id(), peer_url=url, name=f"etcd-{there.name}")
    group.members[member.id] = member
    there.etcd_data = MemberData(group, member.id)
