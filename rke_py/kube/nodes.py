"""Node objects: what they are, what they carry of ours, and when they are Ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lightkube.models.core_v1 import NodeAddress, NodeCondition, NodeSpec, NodeStatus
from lightkube.models.core_v1 import Taint as FoundTaint
from lightkube.models.meta_v1 import ManagedFieldsEntry, ObjectMeta
from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import Node
from lightkube.types import PatchType

from rke_py.cluster.model import Taint
from rke_py.errors import ApiError, ApiUnavailable
from rke_py.kube.client import Api, found, translated
from rke_py.kube.waiting import wait_until
from rke_py.plan.node_object import WantedNode, left_over
from rke_py.plan.observed import ObservedNode

_LEASES = "kube-node-lease"
_CONDITIONS = {"Ready": "True"} | dict.fromkeys(
    ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"), "False"
)
_CONFLICT_SECONDS = 30.0
_CONFLICT = 409


class _NotYet(ApiError):
    """The node is not as it has to be; ``what`` says in which way."""


class _Conflict(ApiError):
    """Somebody else changed the node between our read and our write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A Node object with its lease."""

    node: Node
    lease: Lease | None = None

    @property
    def metadata(self) -> ObjectMeta:
        return self.node.metadata or ObjectMeta()

    @property
    def taints(self) -> Sequence[FoundTaint]:
        return (self.node.spec or NodeSpec()).taints or ()

    @property
    def ready(self) -> NodeCondition | None:
        conditions = (self.node.status or NodeStatus()).conditions or ()
        return next((condition for condition in conditions if condition.type == "Ready"), None)

    @property
    def renewed_at(self) -> datetime | None:
        return _written_at(self.lease.metadata) if self.lease else None

    @property
    def reported_at(self) -> datetime | None:
        return _written_at(self.metadata, subresource="status")

    def observed(self) -> ObservedNode:
        status = self.node.status or NodeStatus()
        return ObservedNode(
            name=self.metadata.name or "",
            ready=self.ready is not None and self.ready.status == "True",
            kubelet_version=status.nodeInfo.kubeletVersion if status.nodeInfo else "",
            unschedulable=bool((self.node.spec or NodeSpec()).unschedulable),
            labels=self.metadata.labels or {},
            annotations=self.metadata.annotations or {},
            taints=tuple(_taint(taint) for taint in self.taints),
            renewed_at=self.renewed_at,
            internal_ips=_internal_ips(status.addresses or ()),
            troubles=tuple(map(_told, filter(_troubling, status.conditions or ()))),
        )


def _troubling(condition: NodeCondition) -> bool:
    """Tell whether a condition of Kubernetes' own is not as it should be: Ready has to be true, the others false."""
    wanted = _CONDITIONS.get(condition.type)
    return wanted is not None and condition.status != wanted


def _told(condition: NodeCondition) -> str:
    return ": ".join(filter(None, (condition.type, condition.reason, condition.message)))


def nodes(api: Api) -> Mapping[str, ObservedNode]:
    """Return every node by name."""
    with translated("list nodes"):
        leases = {_name(lease.metadata): lease for lease in api.typed.list(Lease, namespace=_LEASES)}
        every = [_Found(node=node, lease=leases.get(_name(node.metadata))) for node in api.typed.list(Node)]
    return {_name(node.metadata): node.observed() for node in every}


def set_node(api: Api, name: str, want: WantedNode) -> None:
    """Give a node what it has to carry, and take away what an earlier run gave it.

    Labels, taints and annotations of others stay; nothing is written when nothing differs.
    """

    def attempt() -> None:
        node = _get(api, name)
        patch = _patch(want, node)
        if not patch:
            return
        # With the resource version the API refuses when the taints, which a merge patch replaces as a whole, have
        # been changed since: the node lifecycle controller does that.
        patch.setdefault("metadata", {})["resourceVersion"] = node.metadata.resourceVersion
        try:
            with translated(f"set labels and taints of node {name}"):
                api.typed.patch(Node, name, patch, patch_type=PatchType.MERGE)
        except ApiError as error:
            if error.status == _CONFLICT:
                raise _Conflict(error.what, status=error.status, reason=error.reason) from error
            raise

    wait_until(attempt, timeout=_CONFLICT_SECONDS, retry=(_Conflict, ApiUnavailable))


def delete_node(api: Api, name: str) -> None:
    """Delete a node; its pods are taken for gone and made anew elsewhere. Nothing happens when there is none."""
    with translated(f"delete node {name}"):
        found(lambda: api.typed.delete(Node, name))


def wait_registered(api: Api, called: Callable[[], str], timeout: float) -> None:
    """Wait until a kubelet has registered its node; ApiError when it does not in time.

    Args:
        api: The cluster's API.
        called: Tells the node's name, which may be known only once it registers.
        timeout: Seconds.
    """
    wait_until(lambda: _get(api, called()), timeout=timeout, retry=(_NotYet, ApiUnavailable))


def wait_ready(api: Api, called: Callable[[], str], version: str, after: datetime | None, timeout: float) -> None:
    """Wait until a node is Ready, and freshly so; ApiError says what was missing when the time is over.

    A node stays Ready for 40 s after its kubelet died. So Ready counts only when this kubelet renewed its lease and
    reported its status and version since it started.

    Args:
        api: The cluster's API.
        called: Tells the node's name, which may be known only once it registers.
        version: The kubelet's version.
        after: When the kubelet started, by the API server's clock; None when any report counts.
        timeout: Seconds.
    """

    def attempt() -> None:
        name = called()
        missing = _missing(_get(api, name), version, after)
        if missing:
            raise _NotYet(f"the node {name} did not become Ready within {timeout:.0f} s: {'; '.join(missing)}")

    wait_until(attempt, timeout=timeout, retry=(_NotYet, ApiUnavailable))


def _get(api: Api, name: str) -> _Found:
    with translated(f"node {name}"):
        node = found(lambda: api.typed.get(Node, name))
        lease = found(lambda: api.typed.get(Lease, name, namespace=_LEASES))
    if node is None:
        raise _NotYet(f"the node {name} has not registered", status=404, reason="NotFound")
    return _Found(node=node, lease=lease)


def _missing(found: _Found, version: str, after: datetime | None) -> tuple[str, ...]:
    """Return what keeps a node from counting as freshly Ready."""
    node, ready = found.observed(), found.ready
    return tuple(
        filter(
            None,
            (
                "" if node.ready else f"{ready.reason}: {ready.message}" if ready else "no status yet",
                "" if node.kubelet_version == version else f"reports {node.kubelet_version}, not {version}",
                "" if _since(found.renewed_at, after) else "its lease was not renewed since kubelet started",
                "" if _since(found.reported_at, after) else "its status was not reported since kubelet started",
            ),
        )
    )


def _since(moment: datetime | None, after: datetime | None) -> bool:
    """Compare in whole seconds, which is all that the API server notes."""
    return after is None or (moment is not None and moment >= after.replace(microsecond=0))


def _written_at(metadata: ObjectMeta | None, *, subresource: str | None = None) -> datetime | None:
    """Return when the kubelet last wrote an object, by the API server's clock.

    ``renewTime`` and ``lastHeartbeatTime`` are the kubelet's own clock, which may be wrong; the times in
    ``managedFields`` are set by the API server with every write that changes something.
    """
    entries: Sequence[ManagedFieldsEntry] = (metadata or ObjectMeta()).managedFields or ()
    times = [e.time for e in entries if e.time and e.manager == "kubelet" and e.subresource == subresource]
    return max(times, default=None)


def _patch(want: WantedNode, found: _Found) -> dict[str, Any]:
    """Return the merge patch that turns a node into the wanted one; empty when it is."""
    node = found.observed()
    leaving_labels, leaving_taints = left_over(want, node)
    labels = _differing(want.labels, node.labels) | dict.fromkeys(leaving_labels)
    annotations = _differing(want.annotations, node.annotations)
    ours = {(taint.key, taint.effect) for taint in (*want.taints, *leaving_taints)}
    taints = (*(taint for taint in node.taints if (taint.key, taint.effect) not in ours), *want.taints)
    patch: dict[str, Any] = {}
    if labels or annotations:
        patch["metadata"] = {"labels": labels, "annotations": annotations}
    if set(taints) != set(node.taints):
        there = {_taint(taint): taint for taint in found.taints}  # with what we do not know: timeAdded
        patch["spec"] = {"taints": [there.get(taint, _new_taint(taint)) for taint in taints]}
    return patch


def _differing(want: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str | None]:
    return {key: value for key, value in want.items() if found.get(key) != value}


def _taint(found: FoundTaint) -> Taint:
    return Taint(key=found.key, effect=found.effect, value=found.value or "")


def _new_taint(taint: Taint) -> FoundTaint:
    return FoundTaint(key=taint.key, effect=taint.effect, value=taint.value or None)


def _name(metadata: ObjectMeta | None) -> str:
    return (metadata and metadata.name) or ""


def _internal_ips(addresses: Sequence[NodeAddress]) -> tuple[str, ...]:
    return tuple(address.address for address in addresses if address.type == "InternalIP")
