"""The ways into a cluster's own APIs over connections to its hosts: ``interface.py`` for real machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from threading import Lock
from types import TracebackType
from typing import Self

from rke_py.cluster.model import Cluster, Role
from rke_py.errors import EtcdUnavailable
from rke_py.kube.check import check, shown
from rke_py.kube.client import Api
from rke_py.kube.dns import resolve
from rke_py.kube.etcd.encrypted import places, prefixes
from rke_py.kube.etcd.external import gateways, look_at_external
from rke_py.kube.etcd.gateway import Gateway
from rke_py.kube.etcd.interface import EtcdApi
from rke_py.kube.etcd.look import look
from rke_py.kube.failover import Endpoint
from rke_py.kube.interface import KubernetesApi
from rke_py.kube.kubernetes import Kubernetes
from rke_py.kube.model import CheckResult
from rke_py.kube.streams import Dial
from rke_py.kube.tls import Tls
from rke_py.pki.etcd_access import LOOPBACK, etcd_access
from rke_py.pki.model import Bundle
from rke_py.plan.components.etcd import PEER_PORT
from rke_py.plan.containers import Check, RunningCheck
from rke_py.plan.observed_etcd import ExternalMember, ObservedEtcd

_CHECK_TIMEOUT = 5.0


class Access:
    """The cluster's APIs, each asked on the loopback of the host that carries it.

    Args:
        cluster: The cluster.
        dials: Streams from each host that answers, by node name.
        bundle: Gives the credentials when the first connection is made.
    """

    def __init__(self, cluster: Cluster, dials: Mapping[str, Dial], bundle: Callable[[], Bundle]) -> None:
        self._cluster = cluster
        self._dials = dials
        self._bundle = bundle
        self._gateways: dict[str, Gateway] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what was opened."""
        for gateway in self._gateways.values():
            gateway.close()
        if "_kubernetes" in self.__dict__:
            self._kubernetes.close()

    @property
    def api(self) -> KubernetesApi:
        """The Kubernetes API, through whichever control-plane host answers."""
        return self._kubernetes

    def etcd(self, host: str) -> EtcdApi:
        """The etcd member of a host."""
        return self._gateway(host)

    def encrypted(self, resource: str) -> Mapping[str, int]:
        """Count a resource's values in etcd by what they begin with, through whichever member answers."""
        faults = list[str]()
        for gateway in self._readers():
            try:
                return prefixes(gateway, places(resource, self._root))
            except EtcdUnavailable as error:
                faults += [str(error), *error.evidence]
        raise EtcdUnavailable("no member answers", evidence=faults)

    def look_at_etcd(self) -> ObservedEtcd:
        """Ask every etcd host that answers, all at once."""
        hosts = (host.name for host in self._cluster.carrying(Role.ETCD) if host.name in self._dials)
        return look({host: self._gateway(host) for host in hosts})

    def look_at_external_etcd(self) -> tuple[ExternalMember, ...]:
        """Ask the members of an etcd of the owner's own from every control-plane host that answers."""
        external, hosts = self._cluster.external_etcd, self._cluster.with_role(Role.CONTROLPLANE)
        if external is None:
            return ()
        return look_at_external(external, {h.name: self._dials[h.name] for h in hosts if h.name in self._dials})

    def check(self, host: str, wanted: Check) -> CheckResult:
        """Ask a component on a host for its health; one without a check has only Docker's word."""
        if isinstance(wanted, RunningCheck):
            return CheckResult(ok=True, detail="running")
        return check(self._dials[host], wanted, self._bundle(), _CHECK_TIMEOUT)

    def resolve(self, host: str, server: str, name: str) -> str:
        """Ask a DNS server for a name, from a host; return why there was no answer, nothing when there was one."""
        return resolve(self._dials[host], server, name, _CHECK_TIMEOUT)

    def shown(self, host: str, port: int, certificate: str) -> CheckResult:
        """Tell whether a server on a host shows the certificate of that name in the inventory, as it is wanted."""
        address = self._cluster.host(host).internal_address if port == PEER_PORT else LOOPBACK
        wanted = self._bundle()[certificate].certificate
        return shown(self._dials[host], wanted, _CHECK_TIMEOUT, port=port, address=address)

    @cached_property
    def _kubernetes(self) -> Kubernetes:
        endpoints = [
            Endpoint(name=host.name, dial=self._dials[host.name])
            for host in self._cluster.carrying(Role.CONTROLPLANE)
            if host.name in self._dials
        ]
        return Kubernetes(Api(endpoints, Tls.of(self._bundle(), ca="kube-ca", client="kube-admin")), self._cluster)

    @property
    def _root(self) -> str:
        """Where API servers keep everything in etcd."""
        own = self._cluster.services.kube_api.flags.get("etcd-prefix", ())
        external = self._cluster.external_etcd
        return own[-1] if own else external.path if external else "/registry"

    def _readers(self) -> Iterator[Gateway]:
        """Yield the members that can be read, one after the other."""
        external = self._cluster.external_etcd
        if external is None:
            yield from (self._gateway(h.name) for h in self._cluster.with_role(Role.ETCD) if h.name in self._dials)
            return
        doors = (host.name for host in self._cluster.with_role(Role.CONTROLPLANE))
        for gateway in gateways(external, {name: self._dials[name] for name in doors if name in self._dials}):
            with gateway:
                yield gateway

    def _gateway(self, host: str) -> Gateway:
        with self._lock:
            if host not in self._gateways:
                way = etcd_access(self._cluster, self._cluster.host(host))
                bundle = self._bundle()
                tls = Tls.of(bundle, ca=way.ca, client=way.client(bundle))
                self._gateways[host] = Gateway(self._dials[host], tls, name=host, address=way.address)
            return self._gateways[host]
