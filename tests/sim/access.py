"""The ClusterAccess of ``kube.interface`` over a simulated fleet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from rke_py.cluster.model import Cluster, ExternalEtcd, Role
from rke_py.errors import EtcdUnavailable
from rke_py.kube.etcd.interface import EtcdApi
from rke_py.kube.interface import KubernetesApi
from rke_py.kube.model import CheckResult
from rke_py.pki.etcd_access import etcd_access
from rke_py.pki.model import Bundle
from rke_py.plan.components import snapshots
from rke_py.plan.components.etcd import PEER_PORT
from rke_py.plan.containers import Check, HttpCheck, RunningCheck
from rke_py.plan.observed_etcd import ExternalMember, ObservedEtcd

from . import programs, shown, tls
from .etcd import group_of, serves, serves_peers
from .etcd_api import SimulatedEtcd, look_at_etcd
from .kubernetes_api import SimulatedApi
from .machine import Machine
from .services import services_work
from .world import World


class SimulatedAccess:
    """The cluster's APIs on the machines that rke-py has a connection to.

    Args:
        cluster: The cluster.
        machines: By node name, those that answered.
        bundle: The operator's credentials.
    """

    def __init__(
        self, world: World, cluster: Cluster, machines: Mapping[str, Machine], bundle: Callable[[], Bundle]
    ) -> None:
        self._world = world
        self._cluster = cluster
        self._machines = machines
        self._bundle = bundle
        self._members = [host.name for host in cluster.carrying(Role.ETCD) if host.name in machines]
        doors = (host.name for host in cluster.carrying(Role.CONTROLPLANE) if host.name in machines)
        self._api = SimulatedApi(world, cluster, [machines[name] for name in doors], bundle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    @property
    def api(self) -> KubernetesApi:
        return self._api

    def etcd(self, host: str) -> EtcdApi:
        return SimulatedEtcd(self._machines[host], host)

    def encrypted(self, resource: str) -> Mapping[str, int]:
        with self._world.calls("", "encrypted", resource), self._world.lock:
            external = self._cluster.external_etcd
            doors = [self._machines[name] for name in self._members if self._machines[name].reachable]
            others = [machine for url in (external.urls if external else ()) if (machine := self._world.at_url(url))]
            serving = next(filter(serves, (*doors, *others)), None)
            group = group_of(serving) if serving else None
            if group is None:
                raise EtcdUnavailable("etcd does not answer")
            return Counter(group.store.secrets.values() if resource == "secrets" else ())

    def look_at_etcd(self) -> ObservedEtcd:
        """Ask the members, each with the certificates by which the cluster's own table says that they are asked."""
        for name in self._members:
            way = etcd_access(self._cluster, self._cluster.host(name))
            assert {way.ca, way.client(self._bundle())} <= self._bundle().keys(), f"nobody has {way} for {name}"
        return look_at_etcd(self._world, [self._machines[name] for name in self._members])

    def look_at_external_etcd(self) -> tuple[ExternalMember, ...]:
        """Ask members on machines of the world that are no hosts of this cluster; what they hold is behind them."""
        external = self._cluster.external_etcd
        doors = (host.name for host in self._cluster.with_role(Role.CONTROLPLANE) if host.name in self._machines)
        return tuple(
            self._external(external, door, url) for door in doors for url in (external.urls if external else ())
        )

    def _external(self, etcd: ExternalEtcd, host: str, url: str) -> ExternalMember:
        machine = self._world.at(url.rpartition(":")[0].removeprefix("https://"))
        member = machine.listener(2379) if machine else None
        if machine is None or member is None:
            return ExternalMember(host=host, url=url, fault="connection refused")
        fault = tls.refusal(etcd.ca_cert.encode(), shown.served_with(member), self._world.now)
        fault = fault or tls.refusal(shown.clients_ca(member), etcd.cert.encode(), machine.now)
        group = group_of(machine)
        return ExternalMember(host=host, url=url, fault=fault, cluster_id=group.id if group and not fault else "")

    def shown(self, host: str, port: int, certificate: str) -> CheckResult:
        machine = self._machines[host]
        with self._world.calls(host, "shown", certificate), self._world.lock:
            container = machine.listener(port) if machine.powered and machine.reachable else None
            there = shown.served_with(container) if container else b""
            same = there.decode() == self._bundle()[certificate].certificate
            return CheckResult(ok=same, detail="" if same else f"port {port} still shows the old certificate")

    def check(self, host: str, wanted: Check) -> CheckResult:
        machine = self._machines[host]
        with self._world.calls(host, "check", str(getattr(wanted, "port", ""))), self._world.lock:
            fault = self._fault(machine, wanted)
            told = {"last": "20261126T000000Z_etcd", "time": "2026-11-26T00:00:09+00:00", **machine.backup}
            answer = json.dumps(told) if not fault and getattr(wanted, "port", 0) == snapshots.PORT else ""
            return CheckResult(ok=not fault, detail=fault, answer=answer)

    def resolve(self, host: str, server: str, name: str) -> str:
        with self._world.calls(host, "resolve", name), self._world.lock:
            served = services_work(self._machines[host])
            answered = "kube-dns" not in self._world.faults.sick_pods
            return "" if served and answered else f"{server} port 53: timed out"

    def _fault(self, machine: Machine, wanted: Check) -> str:
        if not (machine.powered and machine.reachable):
            return "the SSH connection was lost"
        if isinstance(wanted, RunningCheck):
            return ""
        container = machine.listener(wanted.port)
        if container is None:
            return "connection refused"
        if isinstance(wanted, HttpCheck) and wanted.ca:
            bundle = self._bundle()
            at = None if wanted.ended else self._world.now
            ours = tls.refusal(bundle[wanted.ca].certificate.encode(), shown.served_with(container), at)
            if ours:
                return ours
            if wanted.client:
                known = bundle[wanted.client].certificate.encode()
                theirs = tls.refusal(shown.clients_ca(container), known, machine.now)
                if theirs:
                    return theirs
        if wanted.port == PEER_PORT:
            return "" if serves_peers(machine) else "timed out"
        return programs.unhealthy(container)
