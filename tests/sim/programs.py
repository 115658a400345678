"""What runs in the containers: what each program needs, when it ends, when it is healthy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from rke_py.plan.containers import ContainerSpec, Status

from . import etcd, tls
from .probe import probe
from .shown import clients_ca, loaded_file, served_with

if TYPE_CHECKING:
    from .container import Container
    from .machine import Machine

_PATH = re.compile(rb"/etc/kubernetes/[A-Za-z0-9_./-]*[A-Za-z0-9]")
_SERVER = re.compile(r"^\s*server \S+ \[?([^\s\]]+)\]?:6443", re.MULTILINE)
_SERVERS_OF_RKE = "CP_HOSTS="
_SUFFIX_KEY = "-key.pem"


class Program:
    """A program without needs that runs until it is stopped; the others differ in what they override."""

    own_ports: frozenset[int] = frozenset()
    start_time = timedelta(milliseconds=100)

    def ports(self, container: Container) -> frozenset[int]:
        """Return the ports on which it listens."""
        return self.own_ports

    def refuses(self, container: Container) -> str:
        """Say why it ends right after its start; empty when it goes on."""
        return ""

    def ends(self, container: Container) -> str:
        """Say why it ends now; empty when it goes on."""
        return ""

    def started(self, container: Container) -> None:
        """Do to the machine what it does when it starts."""

    def unhealthy(self, container: Container) -> str:
        """Say what its health check complains about; empty when it is well."""
        return ""


class Finished(Program):
    """Ends at once, as ``true`` does."""

    def refuses(self, container: Container) -> str:
        return "done"


class Survey(Program):
    """``rke_py.tools survey``: says what it sees, then holds the ports that are free for two minutes."""

    def ports(self, container: Container) -> frozenset[int]:
        machine = container.machine
        words = container.words[container.words.index("--") + 1 :]
        holders = machine.containers.values()
        others = (one for one in holders if one.program is not self or one.created_at < container.created_at)
        taken = {port for other in others if other.status is Status.RUNNING for port in other.ports}
        return frozenset(map(int, words)) - taken - machine.foreign_ports.keys()

    def ends(self, container: Container) -> str:
        return "nobody needs the ports any more" if container.running_for >= timedelta(seconds=120) else ""

    def started(self, container: Container) -> None:
        seen = probe(container.machine)
        container.log.append(json.dumps({"host": seen, "listening": sorted(container.ports), "in_use": {}}))


class Etcd(Program):
    """An etcd member."""

    own_ports = frozenset({2379, 2380})

    def ports(self, container: Container) -> frozenset[int]:
        metrics = container.flag("listen-metrics-urls")
        return self.own_ports | ({2381} if metrics else frozenset())

    def refuses(self, container: Container) -> str:
        return etcd.refuses(container)

    def ends(self, container: Container) -> str:
        return etcd.ends(container)

    def started(self, container: Container) -> None:
        etcd.started(container)

    def unhealthy(self, container: Container) -> str:
        return etcd.unhealthy(container.machine)


class ApiServer(Program):
    """kube-apiserver: ready while one of its etcd members is served by a quorum and trusts it."""

    own_ports = frozenset({6443})
    start_time = timedelta(seconds=1.5)

    def unhealthy(self, container: Container) -> str:
        return "" if self.storage(container) else "[-]etcd failed: reason withheld"

    def storage(self, container: Container) -> etcd.Group | None:
        """Return the etcd cluster behind it."""
        world = container.machine.world
        client = loaded_file(container, container.flag("etcd-certfile"))
        trusted = loaded_file(container, container.flag("etcd-cafile"))
        for url in (container.flag("etcd-servers") or "").split(","):
            machine = world.at(url.rpartition(":")[0].removeprefix("https://").strip("[]"))
            member = machine.listener(2379) if machine else None
            if member is None or machine is None or not etcd.serves(machine):
                continue
            since = max(filter(None, (container.since, member.since)))
            if tls.holds(clients_ca(member), client, since) and tls.holds(trusted, served_with(member), since):
                return etcd.group_of(machine)
        return None


class Kubelet(Program):
    """The kubelet: ends without a container runtime."""

    own_ports = frozenset({10250, 10248})
    start_time = timedelta(milliseconds=400)

    def refuses(self, container: Container) -> str:
        deep = container.machine.deep
        return str(deep.get("cri_error", "no CRI")) if deep.get("cri") is False else ""

    def started(self, container: Container) -> None:
        container.machine.traces.add("folder /var/lib/kubelet")


class HaProxy(Program):
    """The API proxy of hosts without control plane."""

    own_ports = frozenset({6443})


class Tool(Program):
    """A component that only has to run."""

    def __init__(self, *ports: int) -> None:
        self.own_ports = frozenset(ports)


_PROGRAMS: Mapping[str, Program] = {
    "etcd": Etcd(),
    "kube-apiserver": ApiServer(),
    "kube-controller-manager": Tool(10257),
    "kube-scheduler": Tool(10259),
    "kubelet": Kubelet(),
    "kube-proxy": Tool(10256, 10249),
    "haproxy": HaProxy(),
    "nginx-proxy": HaProxy(),
    "survey": Survey(),
    "rolling-snapshots": Tool(2382),
    "true": Finished(),
}
_UNKNOWN = Program()


@lru_cache(maxsize=10_000)
def _program(entrypoint: tuple[str, ...], command: tuple[str, ...]) -> Program:
    name = next(iter((*entrypoint, *command)), "").rpartition("/")[2]
    if name == "entrypoint.sh":
        name = entrypoint[1]
    if name == "sh":
        name = next((word for word in command if "\n" not in word and word != "-c"), "")
    if entrypoint[:1] == ("python3",):
        name = command[2 if command[0] == "--prefix" else 0]
    return _PROGRAMS.get(name, _UNKNOWN)


def program_of(spec: ContainerSpec) -> Program:
    """Return what runs in a container."""
    return _program(spec.entrypoint, spec.command)


def refuses(container: Container) -> str:
    """Say why a container's program ends right after its start, empty when it goes on."""
    machine = container.machine
    fault = machine.world.faults.exits(container)
    if fault:
        return fault
    missing = [path for path in _named(container) if path not in machine.files]
    if missing:
        return f"open {missing[0]}: no such file or directory"
    closed = [path for path in _named(container) if not _may_read(container, path)]
    if closed:
        return f"open {closed[0]}: permission denied"
    return _bad_pair(container.loaded) or _taken(container) or container.program.refuses(container)


def _may_read(container: Container, path: str) -> bool:
    file, user = container.machine.files[path], container.spec.user
    return user in etcd.ROOT or user == f"{file.uid}:{file.gid}" or bool(file.mode & 0o004)


def unhealthy(container: Container) -> str:
    """Say why a container that runs does not answer as a healthy one, empty when it does."""
    if container.running_for < container.program.start_time:
        return "connection refused"
    return container.machine.world.faults.ails(container) or container.program.unhealthy(container)


def files_read(container: Container) -> Mapping[str, bytes]:
    """Return the host's files as the program finds them now: those it is told of, and those which these name."""
    files = container.machine.files
    return {path: files[path].content for path in _named(container) if path in files}


def api_storage(machine: Machine) -> etcd.Group | None:
    """Return what is behind 127.0.0.1:6443 of a machine: its API server's storage, or that of one behind its proxy."""
    server = next(iter(api_servers_for(machine)), None)
    return server.program.storage(server) if server and isinstance(server.program, ApiServer) else None


def api_servers_for(machine: Machine) -> Iterator[Container]:
    """Yield the ready API servers that 127.0.0.1:6443 of a machine leads to: its own, or those behind its proxy."""
    if own := api_server(machine):
        yield own
    front = machine.listener(6443)
    if front is None or isinstance(front.program, ApiServer) or unhealthy(front):
        return
    for address in _servers(front):
        other = machine.world.at(address)
        server = api_server(other) if other is not None else None
        if server is not None and other is not machine:
            yield server


def _servers(proxy: Container) -> Iterable[str]:
    """Return the addresses that an API proxy leads to: HAProxy's are in its file, those of RKE's in its argument."""
    text = next((content for path, content in proxy.loaded.items() if path.endswith(".cfg")), b"").decode()
    told = next((word for word in proxy.words if word.startswith(_SERVERS_OF_RKE)), "")
    return (*_SERVER.findall(text), *filter(None, told.removeprefix(_SERVERS_OF_RKE).split(",")))


def api_server(machine: Machine) -> Container | None:
    """Return the machine's API server when it is ready."""
    front = machine.listener(6443)
    ready = front is not None and isinstance(front.program, ApiServer) and not unhealthy(front)
    return front if ready else None


def _named(container: Container) -> Iterable[str]:
    """Return the paths below /etc/kubernetes in the command line, and those in the files there."""
    words = "\n".join(word for word in container.words if "\n" not in word).encode()
    direct = _paths(words)
    files = container.machine.files
    indirect = [
        further
        for path in direct
        if path in files and not path.endswith(".pem")
        for further in _paths(files[path].content)
    ]
    return dict.fromkeys((*direct, *indirect))


@lru_cache(maxsize=20_000)
def _paths(text: bytes) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match.decode() for match in _PATH.findall(text)))


def _bad_pair(loaded: Mapping[str, bytes]) -> str:
    """Find a certificate and key that do not belong together."""
    for path, key in loaded.items():
        if path.endswith(_SUFFIX_KEY) and (certificate := loaded.get(f"{path.removesuffix(_SUFFIX_KEY)}.pem")):
            fault = tls.mismatch(certificate, key)
            if fault:
                return f"{path}: {fault}"
    return ""


def _taken(container: Container) -> str:
    """Find another program on one of its ports."""
    machine = container.machine
    others = (
        other
        for other in machine.containers.values()
        if other is not container and other.status is Status.RUNNING and other.ports & container.ports
    )
    foreign = container.ports & machine.foreign_ports.keys()
    return "listen: address already in use" if foreign or next(others, None) else ""
