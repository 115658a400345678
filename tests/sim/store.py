"""What is stored in a cluster: nodes, add-ons' objects, the run lease, the copy of the state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rke_py.cluster.model import Taint
from rke_py.kube.apply.order import KEPT
from rke_py.plan.observed import ObservedUse, PodImage
from rke_py.plan.steps import Workload

Ref = tuple[str, str, str, str]
"""apiVersion, kind, namespace and name of an object."""


@dataclass(slots=True, kw_only=True)
class Node:
    """A Node object with its lease.

    Attributes:
        renewed_at: When its kubelet last renewed the lease.
        network: Whether the kubelet said, then, that there is a pod network.
    """

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    kubelet_version: str = ""
    internal_ip: str = ""
    renewed_at: datetime
    network: bool = False


@dataclass(slots=True, kw_only=True)
class Held:
    """The run lease while somebody has it.

    Attributes:
        run: Which process of rke-py renews it; 0 for one elsewhere, which renews it for ever.
    """

    holder: str
    run: int


@dataclass(slots=True, kw_only=True)
class Store:
    """Everything in one etcd cluster.

    Attributes:
        deleted: When a Node object was deleted last: a kubelet that runs since before makes none.
        exposed_copy: The copy of the state that an old RKE keeps in a ConfigMap.
        workloads: When the oldest pod of each was made.
        on_delete: Workloads whose pods are made anew only once somebody deletes them.
        secrets: What the value of each Secret begins with: the name of the key that encrypts it.
        tokens: Which key signed the token of each token Secret.
        uses: Who asked for, or wrote, what a later release does not serve.
        pod_images: What the pods of every node have.
        unready_pods: Pods that are not Ready, ``namespace/name``, and their node.
        client_cas: Those by which API servers of extensions believe clients.
        by_rke: Add-ons that RKE's jobs applied, which have no set of ours.
        texts: What each of RKE's jobs applied, by the name of its ConfigMap.
        of_rke: What of it is there and has not become ours.
        webhook_ca: The CA of the certificate that a job of RKE's made for the webhook of ingress-nginx.
        gone: Objects that were deleted.
        left_by_rke: What RKE's jobs and the identity of its nodes need.
        writes: One line for each change that rke-py made, the lease excepted.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    deleted: dict[str, datetime] = field(default_factory=dict)
    addons: dict[str, dict[Ref, Mapping[str, object]]] = field(default_factory=dict)
    by_rke: set[str] = field(default_factory=set)
    texts: dict[str, frozenset[Ref]] = field(default_factory=dict)
    of_rke: set[Ref] = field(default_factory=set)
    webhook_ca: str | None = None
    gone: list[Ref] = field(default_factory=list)
    left_by_rke: set[Ref] = field(default_factory=set)
    held: Held | None = None
    copy: bytes | None = None
    exposed_copy: bytes | None = None
    workloads: dict[Workload, datetime] = field(default_factory=dict)
    on_delete: set[Workload] = field(default_factory=set)
    secrets: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    uses: tuple[ObservedUse, ...] = ()
    client_cas: set[str] = field(default_factory=set)
    pod_images: tuple[PodImage, ...] = ()
    unready_pods: dict[str, str] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)

    @property
    def live(self) -> set[Ref]:
        """The objects of all add-ons."""
        return self.of_rke.union(*self.addons.values())

    def left_of_job(self, name: str, wanted: set[Ref], *, certain: bool) -> Iterator[Ref]:
        """Yield what a job of RKE's left: what it applied and nobody wants, the job, its ConfigMap."""
        job, text = (
            ("batch/v1", "Job", "kube-system", f"{name}-deploy-job"),
            ("v1", "ConfigMap", "kube-system", name),
        )
        applied = self.texts.get(name, frozenset()) if text in self.left_by_rke else frozenset()
        if certain or (job in self.left_by_rke and applied & wanted):
            yield from sorted(ref for ref in applied - wanted if ref in self.live and ref[1] not in KEPT)
        yield from (ref for ref in (job, text) if ref in self.left_by_rke)

    def delete(self, ref: Ref) -> None:
        """Delete an object of an add-on, whoever applied it."""
        if ref in self.live:
            self.gone.append(ref)
        self.of_rke.discard(ref)
        for objects in self.addons.values():
            objects.pop(ref, None)

    def delete_node(self, name: str, now: datetime) -> bool:
        """Delete a Node object, and tell whether there was one."""
        self.deleted[name] = now
        return self.nodes.pop(name, None) is not None
