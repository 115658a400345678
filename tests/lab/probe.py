"""Users of a cluster while something is done to it: of API servers, an API proxy and a Service, a watch and a writer.

``with Probe(cluster, servers=…, proxy=…, service=…) as probe: …`` and then ``probe.report()``: what failed, by the
budget that a scenario has to keep. Each request has a connection of its own, as that of a client that has just started;
a client that keeps one would not notice where the next one leads.
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml
from typing_extensions import override

from .cluster import Cluster
from .pods import SERVE, spec
from .waiting import until

NAMESPACE = "probe"
NODE_PORT = 30080
_API_PORT = 6443
_FORWARDED, _INSIDE = 16443, 18080
_TIMEOUT = 10.0
_API_RATE, _SERVICE_RATE, _WRITE_RATE = 20.0, 50.0, 5.0
_KINDS = {"configmaps": "ConfigMap", "secrets": "Secret"}
_AFTER = timedelta(seconds=2)
"""So long after its step a server that was replaced may still be missed: its port opens before it answers all."""

_UNNOTICED = (
    "bring its pods' images",
    "cordon",
    "install the CNI plugins",
    "save the state",
    "see that another",
    "set labels",
    "take and verify a snapshot",
    "uncordon",
    "wait until every namespace",
    "wait until the node",
    "write ",
)
"""How the titles of steps begin that take nothing down which a request could need: no failure is excused by them."""

_DROPPED = "raft proposal dropped"
"""What etcd answers to a write that comes while its leader hands over: it takes none in that moment, keeps nothing of
it, and no API server asks again, as it does with reads."""

CHANGES_OF_LEADER = 3
"""A CA is rotated in three rolls, and each replaces the member that leads."""

_FAULTS = (OSError, HTTPException, ssl.SSLError)


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that was not answered with success, from when to when it lasted, and the host that was asked."""

    time: datetime
    ended: datetime
    reason: str
    host: str

    def during(self, changing: Iterable[tuple[str, datetime, datetime]]) -> bool:
        """Tell whether its host was being changed at any moment of it."""
        return any(host == self.host and begin <= self.ended and self.time <= end for host, begin, end in changing)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Access:
    """What a kubeconfig says: whom to trust and what to show, where it leads, and when it was written."""

    tls: ssl.SSLContext
    server: tuple[str, int]
    written: int


@dataclass(slots=True)
class Asked:
    """What one client saw."""

    requests: int = 0
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What users noticed; the first five are the budget.

    Attributes:
        began: When the clients started.
        failed_proxy: Requests through the worker's API proxy.
        dropped_writes: Writes that etcd refused in the moment in which its leader handed over.
        failed_other: Requests to an API server of whose host nothing was being changed.
        requests: How many were made, by client.
        failures: Every failure, those within the budget too, by client.
    """

    lost_writes: int
    failed_proxy: int
    failed_other: int
    failed_service: int
    missed_events: int
    dropped_writes: int
    began: datetime
    requests: dict[str, int]
    failures: dict[str, tuple[Failure, ...]]

    @property
    def kept(self) -> bool:
        """True when nobody noticed anything."""
        failed = self.failed_proxy or self.failed_other or self.failed_service
        return not (self.lost_writes or failed or self.missed_events) and self.dropped_writes <= CHANGES_OF_LEADER

    def as_data(self) -> dict[str, int]:
        """Return the budget as the reliability report keeps it, and what etcd refused."""
        names = ("lost_writes", "failed_proxy", "failed_other", "failed_service", "missed_events", "dropped_writes")
        return {name: getattr(self, name) for name in names}


class Probe:
    """Clients that go on until they are told to stop.

    Args:
        cluster: The cluster.
        servers: Hosts whose API servers are asked directly.
        proxy: A host without control plane, whose API proxy is asked too; the watch and the writer go through it.
        service: Hosts that are not going to be changed: one carries each of the Service's two replicas, and their
            node ports are asked, beside the Service's own address from the proxy's host; empty leaves the Service out.
        resource: What is read, watched and written: ``configmaps`` or ``secrets``.
    """

    def __init__(
        self,
        cluster: Cluster,
        *,
        servers: Sequence[str],
        proxy: str,
        service: tuple[str, str] | tuple[()] = (),
        resource: str = "configmaps",
    ) -> None:
        self._cluster = cluster
        self._servers = tuple(servers)
        self._proxy = proxy
        self._service = service
        self._resource = resource
        self._path = f"/api/v1/namespaces/{NAMESPACE}/{resource}"
        self._last_read = _read_kubeconfig(cluster.operator.kubeconfig)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._asked: dict[str, Asked] = {}
        self._written: list[str] = []
        self._seen: set[str] = set()
        self._name = secrets.token_hex(4)
        self._stack = ExitStack()
        self._began = datetime.now(UTC)

    def __enter__(self) -> Self:
        self._cluster.kubectl.apply(*_objects(self._service))
        for name in ("a", "b") if self._service else ():
            self._cluster.kubectl(
                "rollout", "status", f"deployment/web-{name}", "--namespace", NAMESPACE, "--timeout=180s"
            )
        for host in self._service:
            until(_answering(_page(self._cluster.lab.address(host))), f"the Service answers on {host}", seconds=60)
        self._stack.enter_context(self._cluster.lab.forwarding(self._proxy, _FORWARDED, _API_PORT))
        through = (self._cluster.lab.address(self._proxy), _FORWARDED)
        self._began = datetime.now(UTC)
        for host in self._servers:
            address = self._cluster.lab.address(host)
            self._beat(host, _API_RATE, self._getter(address, _API_PORT))
        self._beat("proxy", _API_RATE, self._getter(*through))
        self._beat("kubeconfig", _API_RATE, self._kubeconfig, lambda: self._led()[0])
        for host in self._service:
            self._beat(f"service on {host}", _SERVICE_RATE, _page(self._cluster.lab.address(host)))
        if self._service:
            self._from_inside()
        self._start(lambda: self._watch(*through))
        self._beat("writer", _WRITE_RATE, lambda: self._write(*through))
        return self

    def _from_inside(self) -> None:
        """Ask the Service at its own address, which only the cluster's hosts and pods can reach."""
        template = "jsonpath={.spec.clusterIP}"
        address = self._cluster.kubectl("get", "service", "web", "--namespace", NAMESPACE, "--output", template)
        self._stack.enter_context(self._cluster.lab.forwarding(self._proxy, _INSIDE, 80, address))
        self._beat("service from inside", _SERVICE_RATE, _page(self._cluster.lab.address(self._proxy), _INSIDE))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everybody; what was written stays."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._stack.close()

    def report(self) -> Report:
        """Read everything back and tell what was noticed; the probe has to be over."""
        there = {item["metadata"]["name"] for item in self._cluster.kubectl.items(self._resource, "-n", NAMESPACE)}
        written = set(self._written)
        journal = self._cluster.operator.folder / "cluster.rkestate.journal"
        changing = tuple(windows(journal.read_text().splitlines()))
        others = [
            failure
            for client in (*self._servers, "kubeconfig")
            for failure in self._asked[client].failures
            if not failure.during(changing)
        ]
        service = [name for name in self._asked if name.startswith("service")]
        dropped = sum(_DROPPED in failure.reason for failure in self._asked["writer"].failures)
        return Report(
            lost_writes=len(written - there),
            failed_proxy=len(self._asked["proxy"].failures) + len(self._asked["writer"].failures) - dropped,
            failed_other=len(others),
            failed_service=sum(len(self._asked[name].failures) for name in service),
            missed_events=len(written - self._seen),
            dropped_writes=dropped,
            began=self._began,
            requests={name: asked.requests for name, asked in self._asked.items()},
            failures={name: tuple(asked.failures) for name, asked in self._asked.items() if asked.failures},
        )

    @property
    def _access(self) -> _Access:
        """What the kubeconfig says now; clients read it when they start, and a new CA is in it in time."""
        path, access = self._cluster.operator.kubeconfig, self._last_read
        if path.stat().st_mtime_ns != access.written:
            access = self._last_read = _read_kubeconfig(path)
        return access

    def _beat(self, name: str, rate: float, ask: Callable[[], None], host: Callable[[], str] | None = None) -> None:
        """Ask at a steady rate; who is slow is asked again at once, never twice at a time.

        Args:
            name: Who asks; the host's own name unless ``host`` tells who is asked.
            rate: Requests a second.
            ask: Makes one request.
            host: Tells who is asked now.
        """
        asked = self._asked[name] = Asked()

        def go_on() -> None:
            due = time.monotonic()
            while not self._stop.is_set():
                began, asks = datetime.now(UTC), host() if host else name
                try:
                    asked.requests += 1
                    ask()
                except _FAULTS as fault:
                    failure = Failure(began, datetime.now(UTC), f"{type(fault).__name__}: {fault}", asks)
                    asked.failures.append(failure)
                due = max(due + 1 / rate, time.monotonic() - 1)
                self._stop.wait(max(0.0, due - time.monotonic()))

        self._start(go_on)

    def _start(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _getter(self, address: str, port: int) -> Callable[[], None]:
        return lambda: _read(_connection(address, port, self._access.tls), "GET", f"{self._path}?limit=1")

    def _kubeconfig(self) -> None:
        """Ask where the kubeconfig leads now; clients read it when they start."""
        self._getter(*self._led()[1])()

    def _led(self) -> tuple[str, tuple[str, int]]:
        """Return the host to which the kubeconfig leads, and its address and port."""
        address, port = self._access.server
        names = {node["address"]: node["hostname_override"] for node in self._cluster.operator.config["nodes"]}
        return names.get(address, address), (address, port)

    def _write(self, address: str, port: int) -> None:
        name = f"w-{self._name}-{len(self._written) + len(self._asked['writer'].failures):06}"
        document = {"apiVersion": "v1", "kind": _KINDS[self._resource], "metadata": {"name": name}}
        _read(_connection(address, port, self._access.tls), "POST", self._path, json.dumps(document))
        self._written.append(name)

    def _watch(self, address: str, port: int) -> None:
        """Hear of every write; a watch that ends goes on from where it was, as every client does.

        A server that has just started knows nothing older than itself and says so (410 Gone); clients list anew then.
        """
        version = ""
        while not self._stop.is_set():
            with suppress(*_FAULTS):
                if not version:
                    listed = _read(_connection(address, port, self._access.tls), "GET", self._path)
                    version = listed["metadata"]["resourceVersion"]
                    self._seen |= {item["metadata"]["name"] for item in listed["items"]}
                with closing(self._events(address, port, version)) as events:
                    for event in events:
                        if event["type"] == "ERROR":
                            version = ""
                            break
                        version = event["object"]["metadata"]["resourceVersion"]
                        if event["type"] == "ADDED":
                            self._seen.add(event["object"]["metadata"]["name"])

    def _events(self, address: str, port: int, version: str) -> Generator[dict[str, Any]]:
        connection = _connection(address, port, self._access.tls)
        try:
            where = f"{self._path}?watch=1&allowWatchBookmarks=true&timeoutSeconds=20&resourceVersion={version}"
            connection.request("GET", where)
            with connection.getresponse() as answer:
                while line := _successful(answer).readline():
                    yield json.loads(line)
        finally:
            connection.close()


class _WithoutName(HTTPSConnection):
    """Verifies the CA but no name: an API server is not called by the address of a worker."""

    @override
    def connect(self) -> None:
        # wrapped before it is connected: else Python closes it nowhere when the peer resets it in between
        self.sock = self._tls.wrap_socket(socket.socket())
        self.sock.settimeout(self.timeout)
        self.sock.connect((self.host, self.port))

    def __init__(self, address: str, port: int, tls: ssl.SSLContext) -> None:
        super().__init__(address, port, timeout=_TIMEOUT, context=tls)  # without, it reads every CA of the machine
        self._tls = tls


def _connection(address: str, port: int, tls: ssl.SSLContext) -> HTTPConnection:
    return _WithoutName(address, port, tls)


def _page(address: str, port: int = NODE_PORT) -> Callable[[], None]:
    def ask() -> None:
        connection = HTTPConnection(address, port, timeout=_TIMEOUT)
        try:
            connection.request("GET", "/")
            with connection.getresponse() as answer:
                _successful(answer).read()
        finally:
            connection.close()

    return ask


def _answering(ask: Callable[[], None]) -> Callable[[], bool]:
    """Return a condition: a replica may be ready some time before every host's kube-proxy has heard of it."""

    def answers() -> bool:
        with suppress(*_FAULTS):
            ask()
            return True
        return False

    return answers


def _read(connection: HTTPConnection, method: str, path: str, body: str | None = None) -> Any:
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        with connection.getresponse() as answer:
            return json.loads(_successful(answer).read())
    finally:
        connection.close()


def _successful(answer: HTTPResponse) -> HTTPResponse:
    if answer.status >= 300:
        raise HTTPException(f"status {answer.status}: {answer.read()[:200]!r}")
    return answer


def _read_kubeconfig(kubeconfig: Path) -> _Access:
    written = kubeconfig.stat().st_mtime_ns
    config = yaml.safe_load(kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    tls.check_hostname = False
    with tempfile.NamedTemporaryFile() as file:
        for name in ("client-certificate-data", "client-key-data"):
            file.write(base64.b64decode(user[name]))
        file.flush()
        tls.load_cert_chain(file.name)
    address, _, port = cluster["server"].removeprefix("https://").rpartition(":")
    return _Access(tls=tls, server=(address, int(port)), written=written)


def windows(journal: Sequence[str]) -> Iterator[tuple[str, datetime, datetime]]:
    """Yield each host's times at which something of it that serves was being changed.

    What a killed run left half done is being changed until a later run is done with the same container.
    """
    run, begun, left = "", dict[tuple[str, str], datetime](), dict[tuple[str, str], datetime]()
    for line in journal:
        entry = json.loads(line)
        at, key = datetime.fromisoformat(entry["time"]), (entry["host"], entry["step"])
        if entry["step"].startswith(_UNNOTICED):
            continue
        if entry["run"] != run:
            run, left, begun = entry["run"], begun | left, {}
        if entry["event"] == "begin":
            begun[key] = at
            continue
        if key in begun:
            yield entry["host"], begun.pop(key), at + _AFTER
        for unfinished in [other for other in left if entry["event"] == "ended" or _same(other, key)]:
            yield unfinished[0], left.pop(unfinished), at + _AFTER


def _same(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Tell whether two steps are for one container of one host, which is the last word of their titles."""
    return one[0] == other[0] and one[1].split()[-1] in other[1].split()


def _objects(hosts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the namespace and, on two hosts, one replica each of a server behind a node port and a budget."""
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    if not hosts:
        return
    for name, host in zip("ab", hosts, strict=True):
        labels = {"app": "web", "replica": name}
        yield {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": f"web-{name}", "namespace": NAMESPACE},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": _server(name, host)},
            },
        }
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {
            "type": "NodePort",
            "selector": {"app": "web"},
            "ports": [{"port": 80, "targetPort": 8080, "nodePort": NODE_PORT}],
        },
    }
    yield {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    }


def _server(name: str, host: str) -> dict[str, Any]:
    more = {
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
    }
    made = spec(f"web-{name}", host=host, script=SERVE, container=more, grace=15)
    return {**made, "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}]}
