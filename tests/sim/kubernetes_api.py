"""The KubernetesApi of ``kube.interface`` over the API servers of a simulated cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rke_py.catalog.removed import Removed
from rke_py.cluster.model import Cluster
from rke_py.cluster.upgrade_model import DrainInput
from rke_py.errors import ApiError, ApiUnavailable, StateError
from rke_py.kube.apply.order import KEPT
from rke_py.kube.interface import HeldLease, Holder, Lease
from rke_py.pki.inspect import certificates_in
from rke_py.pki.model import Bundle
from rke_py.plan.node_object import CORDONED, WantedNode, left_over
from rke_py.plan.nodes_of_hosts import nodes_of_hosts
from rke_py.plan.observed import (
    MadeSince,
    ObjectState,
    ObservedNode,
    ObservedObject,
    ObservedPod,
    ObservedUse,
    PodImage,
)
from rke_py.plan.steps import Workload

from . import etcd, kubelets, programs, secrets, shown, tls
from .container import Container
from .machine import Machine
from .pods import system_pods
from .store import Held, Node, Ref, Store
from .world import World

_LEASE_SECONDS = 15
_LOOK = 0.25
_PAGE = 2

_WRITES = frozenset(
    {
        *("set_node", "cordon", "drain", "uncordon", "forget", "apply", "write_copy", "set_client_cas", "acquire"),
        *("restart_workload", "renew_tokens", "rewrite", "release", "free_lease"),
    }
)
"""What etcd refuses while it is full."""

_STUCK = "0 of 1 pods are available"
_RUNS = frozenset({"DaemonSet", "Deployment"})


class SimulatedApi:
    """The API of a cluster, through any of some machines that carries an API server and answers.

    Args:
        world: The simulation.
        cluster: Whose hosts' nodes are asked for.
        doors: The machines with API servers that rke-py has a connection to.
        bundle: The operator's credentials.
    """

    def __init__(self, world: World, cluster: Cluster, doors: Sequence[Machine], bundle: Callable[[], Bundle]) -> None:
        self._world = world
        self._cluster = cluster
        self._doors = tuple(doors)
        self._bundle = bundle

    def ready(self) -> bool:
        with self._world.calls("", "api_ready"), self._world.lock:
            return self._server() is not None

    def server_time(self) -> datetime:
        with self._asked("server_time") as (server, _):
            return server.machine.now

    def removed_uses(self, wanted: tuple[int, int], rows: Sequence[Removed]) -> tuple[ObservedUse, ...]:
        with self._asked("removed_uses") as (_, store):
            return store.uses

    def nodes(self) -> Mapping[str, ObservedNode]:
        with self._asked("nodes") as (_, store):
            self._hear(store)
            return self._of_hosts(store)

    def system_pods(self) -> tuple[ObservedPod, ...]:
        with self._asked("system_pods") as (_, store):
            self._hear(store)
            hosts = {node.name: host for host, node in self._of_hosts(store).items()}
            return tuple(replace(pod, node=hosts[pod.node]) for pod in system_pods(store, self._world))

    def unready_pods(self) -> Mapping[str, str]:
        with self._asked("unready_pods") as (_, store):
            return dict(store.unready_pods)

    def images_of(self, node: str) -> tuple[PodImage, ...]:
        with self._asked("images_of", node) as (_, store):
            return store.pod_images

    def hold_pods_back(self, node: str, timeout: float) -> None:
        with self._asked("hold_pods_back", node):
            pass

    def wait_pods_back(
        self,
        node: str,
        without: Collection[str],
        timeout: float,
        in_docker: Callable[[], Collection[str]] | None = None,
    ) -> None:
        if in_docker is not None:
            in_docker()

        def missing(_store: Store) -> str:
            down = self._world.faults.stays_down
            left = [f"{pod}: {why}" for pod, why in down.items() if pod not in without]
            return "; ".join(left)

        self._until(timeout, missing, node)

    def made_since(self, moment: datetime) -> MadeSince:
        with self._asked("made_since") as (_, store):
            workloads = (workload for workload, made in store.workloads.items() if made > moment)
            return MadeSince(pods=tuple(sorted(map(str, workloads))))

    def account(self) -> Mapping[str, object]:
        with self._asked("account") as (_, store):
            return {"nodes": sorted(store.nodes)}

    def set_node(self, name: str, want: WantedNode) -> None:
        with self._asked("set_node", name) as (_, store):
            node = self._node(store, name)
            gone_labels, gone_taints = left_over(want, self._observed(node))
            new = {key: value for key, value in node.labels.items() if key not in gone_labels} | dict(want.labels)
            ours = {(taint.key, taint.effect) for taint in (*want.taints, *gone_taints)}
            kept = tuple(taint for taint in node.taints if (taint.key, taint.effect) not in ours)
            after = (new, set(kept) | set(want.taints), node.annotations | dict(want.annotations))
            if after != (node.labels, set(node.taints), node.annotations):
                node.labels, node.taints, node.annotations = new, (*kept, *want.taints), after[2]
                store.writes.append(f"node {name}")

    def wait_registered(self, name: str, timeout: float) -> None:
        self._until(
            timeout, lambda store: "" if self._found(store, name) else f"the node {name} has not registered", name
        )

    def wait_ready(self, name: str, version: str, after: datetime | None, timeout: float) -> None:
        def missing(store: Store) -> str:
            node = self._found(store, name)
            if node is None:
                return f"the node {name} has not registered"
            if not kubelets.ready(node, self._world):
                return f"the node {name} is not Ready"
            if node.kubelet_version != version:
                return f"the node {name} reports {node.kubelet_version}, not {version}"
            server = self._server()
            renewed = node.renewed_at + (server.machine.skew if server else timedelta())
            stale = after is not None and renewed < after.replace(microsecond=0)
            return f"the lease of {name} was not renewed since kubelet started" if stale else ""

        self._until(timeout, missing, name)

    def cordon(self, name: str) -> None:
        with self._asked("cordon", name) as (_, store):
            self._close(store, name)

    def delete_node(self, name: str) -> None:
        with self._asked("delete_node", name) as (_, store):
            node = self._found(store, name)
            if store.delete_node(node.name if node else name, self._world.now):
                store.writes.append(f"node {name}")

    def drain(self, name: str, options: DrainInput, *, spare: bool = False) -> None:
        with self._asked("drain", name) as (_, store):
            self._close(store, name)
            budget = self._world.faults.budgets.get(name)
            if budget:
                raise ApiError(f"node {name} could not be drained within {options.timeout} s", evidence=[budget])

    def uncordon(self, name: str) -> None:
        with self._asked("uncordon", name) as (_, store):
            node = self._node(store, name)
            if CORDONED in node.annotations:
                node.unschedulable = False
                node.annotations = {key: value for key, value in node.annotations.items() if key != CORDONED}
                store.writes.append(f"node {name}")

    def compare(self, addon: str, objects: Sequence[Mapping[str, object]]) -> tuple[ObservedObject, ...]:
        with self._asked("compare", addon) as (_, store):
            live = store.addons.get(addon, {})
            wanted = {_ref(item): item for item in objects}
            found = [_compared(addon, ref, item, live.get(ref), store.of_rke) for ref, item in wanted.items()]
            if objects:
                state = ObjectState.SAME if addon in store.addons.keys() - store.by_rke else ObjectState.ABSENT
                found.append(_object(addon, _parent(addon), state))
            if addon in self._world.faults.stuck_addons:
                found = [replace(item, missing=_STUCK if item.kind in _RUNS else "") for item in found]
            stale = [ref for ref in live if ref not in wanted and ref[1] not in KEPT]
            found += [_object(addon, ref, ObjectState.STALE) for ref in stale]
            if not objects and addon in store.addons:
                found.append(_object(addon, _parent(addon), ObjectState.STALE))
            return tuple(found)

    def addons(self) -> tuple[str, ...]:
        with self._asked("addons") as (_, store):
            return tuple(sorted(store.addons.keys() - store.by_rke))

    def ingress_webhook_ca(self) -> str | None:
        with self._asked("ingress_webhook_ca") as (_, store):
            return store.webhook_ca

    def left_by_rke(self, wanted: Sequence[Mapping[str, object]]) -> tuple[ObservedObject, ...]:
        with self._asked("left_by_rke") as (_, store):
            return tuple(_object("", ref, ObjectState.STALE) for ref in sorted(store.left_by_rke))

    def left_of_jobs(
        self, names: Sequence[str], wanted: Sequence[Mapping[str, object]], certain: Collection[str]
    ) -> tuple[ObservedObject, ...]:
        with self._asked("left_of_jobs") as (_, store):
            kept = set(map(_ref, wanted))
            refs = (ref for name in names for ref in store.left_of_job(name, kept, certain=name in certain))
            return tuple(_object("", ref, ObjectState.STALE) for ref in refs)

    def finished_jobs_of_rke(self) -> tuple[ObservedObject, ...]:
        with self._asked("finished_jobs_of_rke") as (_, store):
            jobs = sorted(ref for ref in store.left_by_rke if ref[1] == "Job")
            return tuple(_object("", ref, ObjectState.STALE) for ref in jobs)

    def forget(self, found: Sequence[ObservedObject]) -> None:
        with self._asked("forget") as (_, store):
            store.writes.append("what RKE left")
            for ref in ((item.api_version, item.kind, item.namespace, item.name) for item in found):
                store.left_by_rke.discard(ref)
                store.delete(ref)

    def apply(self, addon: str, objects: Sequence[Mapping[str, object]]) -> None:
        with self._asked("apply", addon) as (_, store):
            live = store.addons.get(addon, {})
            kept = {ref: item for ref, item in live.items() if ref[1] in KEPT}
            after = kept | {_ref(item): json.loads(json.dumps(item)) for item in objects}
            if not objects:
                store.addons.pop(addon, None)
            elif after != live or addon not in store.addons:
                store.addons[addon] = after
            store.by_rke.discard(addon)
            store.gone += sorted(live.keys() - store.addons.get(addon, {}).keys() - store.live)
            store.of_rke -= store.addons.get(addon, {}).keys()
            store.writes.append(f"add-on {addon}")

    def wait(self, addon: str, objects: Sequence[Mapping[str, object]], timeout: float) -> None:
        replicated = any(item["kind"] == "Deployment" for item in objects)

        def missing(store: Store) -> str:
            if addon in self._world.faults.stuck_addons:
                return f"{addon} does not become ready"
            free = [node for node in store.nodes.values() if kubelets.ready(node, self._world) and _takes_pods(node)]
            return f"{addon}: 0 of 1 pods are ready: no node takes them" if replicated and not free else ""

        self._until(timeout, missing, addon)

    def read_copy(self) -> bytes | None:
        with self._asked("read_copy") as (_, store):
            return store.copy if store.copy is not None else store.exposed_copy

    def exposed_copy(self) -> bytes | None:
        with self._asked("exposed_copy") as (_, store):
            return store.exposed_copy

    def write_copy(self, content: bytes) -> None:
        with self._asked("write_copy") as (_, store):
            store.exposed_copy = None
            if store.copy != content:
                store.copy = content
                store.writes.append("copy of the state")

    def client_cas(self) -> Mapping[str, str]:
        """Return them with those that each API server adds and none takes out."""
        with self._asked("client_cas") as (_, store):
            for server in filter(None, map(programs.api_server, self._doors)):
                store.client_cas |= certificates_in(shown.clients_ca(server).decode())
            return {"client-ca-file": "\n".join(sorted(store.client_cas))}

    def set_client_cas(self, bundles: Mapping[str, str]) -> None:
        with self._asked("set_client_cas") as (_, store):
            store.client_cas = set(certificates_in(bundles["client-ca-file"]))
            store.writes.append("CAs of clients")

    def await_root_ca(self, ca: str, timeout: float) -> None:
        def missing(_store: Store) -> str:
            machines = filter(programs.api_storage, self._world.machines.values())
            managers = (machine.running("kube-controller-manager") for machine in machines)
            given = {m.loaded.get("/etc/kubernetes/ssl/kube-ca.pem", b"").decode() for m in managers if m}
            has = given and all(certificates_in(ca) <= certificates_in(each) for each in given)
            return "" if has else "kube-root-ca.crt is not the new one in: default"

        self._until(timeout, missing, "root CA")

    def workloads_before(self, moment: datetime) -> tuple[Workload, ...]:
        with self._asked("workloads") as (_, store):
            return tuple(workload for workload, made in store.workloads.items() if made < moment)

    def restart_workload(self, workload: Workload, mark: str, timeout: float) -> None:
        with self._asked("restart_workload", str(workload)) as (server, store):
            if str(workload) in self._world.faults.stuck_addons:
                raise ApiError(f"{workload} does not work after {timeout:.0f} s: {_STUCK}")
            if workload not in store.on_delete:
                store.workloads[workload] = server.machine.now + timedelta(seconds=1)

    def renew_tokens(self, key_id: str) -> tuple[str, ...]:
        with self._asked("renew_tokens") as (_, store):
            old = tuple(name for name, key in store.tokens.items() if key != key_id)
            store.tokens = dict.fromkeys(store.tokens, key_id)
            return old

    def token_keys(self) -> Mapping[str, str]:
        with self._asked("token_keys") as (_, store):
            return dict(store.tokens)

    def rewrite(self, resource: str) -> int:
        """Write Secrets page by page; those that come meanwhile are on no page."""
        with self._asked("list", resource) as (_, store):
            names = tuple(store.secrets) if resource == "secrets" else ()
        for first in range(0, len(names), _PAGE):
            with self._asked("rewrite", resource) as (server, _):
                for name in names[first : first + _PAGE]:
                    secrets.write(server, name)
        return len(names)

    def acquire(self, holder: Holder) -> Lease:
        """Take the run lease; one whose holder does not renew it is free after its duration."""
        with self._asked("acquire") as (_, store):
            held = store.held
        if held is not None:
            self._world.time.pause(1)
            if held.run in (0, self._world.run):
                raise StateError(f"another run changes this cluster: {held.holder}")
            self._world.time.pause(_LEASE_SECONDS)
        with self._asked("acquire") as (_, store):
            store.held = mine = Held(holder=str(holder), run=self._world.run)
        return _Lease(self, mine)

    def lease(self) -> HeldLease | None:
        with self._asked("lease") as (server, store):
            held = store.held
            if held is None:
                return None
            alive = held.run in (0, self._world.run)
            renewed = server.machine.now if alive else datetime(2026, 1, 1, tzinfo=UTC)
            return HeldLease(holder=held.holder, renewed=renewed, duration=_LEASE_SECONDS)

    def free_lease(self) -> None:
        with self._asked("free_lease") as (_, store):
            store.held = None

    def give_back(self, mine: Held) -> None:
        """Release the lease; without an API server it is left to expire."""
        try:
            with self._asked("release") as (_, store):
                store.held = None if store.held is mine else store.held
        except ApiUnavailable:
            return

    @contextmanager
    def _asked(self, verb: str, name: str = "") -> Iterator[tuple[Container, Store]]:
        with self._world.calls("", verb, name), self._world.lock:
            server = self._server()
            group = _storage(server) if server else None
            if server is None or group is None:
                raise ApiUnavailable("no API server answers")
            if group.full and verb in _WRITES:
                raise ApiUnavailable(f"{verb}: etcdserver: mvcc: database space exceeded", status=500)
            yield server, group.store

    def _server(self) -> Container | None:
        """Return an API server that is ready, that we trust, and that knows us."""
        bundle = self._bundle()
        for machine in self._doors:
            server = programs.api_server(machine) if machine.reachable else None
            if server is None:
                continue
            ours = tls.refusal(bundle["kube-ca"].certificate.encode(), shown.served_with(server), self._world.now)
            known = bundle["kube-admin"].certificate.encode()
            theirs = tls.refusal(shown.clients_ca(server), known, machine.now)
            if not ours and not theirs:
                return server
        return None

    def _hear(self, store: Store, *names: str) -> None:
        """Let kubelets report: all of them, or those of some nodes."""
        for name in names or self._world.machines:
            machine = self._world.machines.get(name)
            if machine is not None and "kubelet" in machine.containers:
                kubelets.report(machine, store)

    def _node(self, store: Store, name: str) -> Node:
        self._hear(store, name)
        node = self._found(store, name)
        if node is None:
            raise ApiError(f"the node {name} has not registered", status=404, reason="NotFound")
        return node

    def _found(self, store: Store, host: str) -> Node | None:
        there = self._of_hosts(store).get(host)
        return store.nodes[there.name] if there else None

    def _of_hosts(self, store: Store) -> Mapping[str, ObservedNode]:
        found = {name: self._observed(node) for name, node in sorted(store.nodes.items())}
        return nodes_of_hosts(self._cluster, found)

    def _close(self, store: Store, name: str) -> None:
        node = self._node(store, name)
        if not node.unschedulable:
            node.unschedulable = True
            node.annotations = {**node.annotations, CORDONED: "true"}
            store.writes.append(f"node {name}")

    def _observed(self, node: Node) -> ObservedNode:
        return ObservedNode(
            name=node.name,
            ready=kubelets.ready(node, self._world),
            kubelet_version=node.kubelet_version,
            unschedulable=node.unschedulable,
            labels=dict(node.labels),
            annotations=dict(node.annotations),
            taints=node.taints,
            renewed_at=node.renewed_at,
            internal_ips=(node.internal_ip,) if node.internal_ip else (),
            troubles=() if kubelets.ready(node, self._world) else ("Ready: NodeStatusUnknown: it stopped posting",),
        )

    def _until(self, timeout: float, missing: Callable[[Store], str], name: str) -> None:
        """Look until nothing is missing any more; an API server that is away meanwhile is waited for too."""
        deadline = self._world.time.now() + timedelta(seconds=timeout)
        while True:
            try:
                with self._asked("wait", name) as (_, store):
                    self._hear(store, *([name] if name in self._world.machines else ()))
                    what = missing(store)
                    fault = ApiError(what) if what else None
            except ApiUnavailable as error:
                fault = error
            if fault is None:
                return
            if self._world.time.now() >= deadline:
                raise fault
            self._world.time.pause(_LOOK)


class _Lease:
    """The run lease while we hold it."""

    def __init__(self, api: SimulatedApi, held: Held) -> None:
        self._api = api
        self._held = held

    @property
    def lost(self) -> str:
        """Nobody takes a lease that is held here."""
        return ""

    def release(self) -> None:
        """Give it back."""
        self._api.give_back(self._held)


def _storage(server: Container) -> etcd.Group | None:
    return server.program.storage(server) if isinstance(server.program, programs.ApiServer) else None


def _takes_pods(node: Node) -> bool:
    return not node.unschedulable and not any(taint.effect in ("NoSchedule", "NoExecute") for taint in node.taints)


def _ref(item: Mapping[str, object]) -> Ref:
    metadata = item["metadata"]
    if not isinstance(metadata, Mapping):
        raise TypeError("an object without metadata")
    return str(item["apiVersion"]), str(item["kind"]), str(metadata.get("namespace") or ""), str(metadata["name"])


def _parent(addon: str) -> Ref:
    return "v1", "ConfigMap", "kube-system", f"rke-py-{addon}"


def _compared(
    addon: str, ref: Ref, wanted: Mapping[str, object], live: Mapping[str, object] | None, of_rke: Collection[Ref]
) -> ObservedObject:
    """Compare an object; one that RKE applied is never as ours."""
    if live is None and ref in of_rke:
        return replace(_object(addon, ref, ObjectState.DIFFERENT), changed=("spec.template.spec.containers",))
    if live is None:
        return _object(addon, ref, ObjectState.ABSENT)
    same = live == json.loads(json.dumps(wanted))
    return _object(addon, ref, ObjectState.SAME if same else ObjectState.DIFFERENT)


def _object(addon: str, ref: Ref, state: ObjectState) -> ObservedObject:
    api_version, kind, namespace, name = ref
    return ObservedObject(addon=addon, kind=kind, api_version=api_version, namespace=namespace, name=name, state=state)
