"""A machine with Docker: its clock, its disk, its images and its containers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rke_py.errors import EngineError
from rke_py.plan.containers import ContainerSpec, Status
from rke_py.plan.files import FileSpec, FoundFile
from rke_py.plan.observed import HostFacts

from .container import Container

if TYPE_CHECKING:
    from .etcd import MemberData
    from .store import Store
    from .world import World

IMAGE_ENV = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",)
"""What every image brings along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSnapshot:
    """A snapshot on a machine's disk: its manifest, and the state beside it.

    Attributes:
        content: The bytes of its file.
        archive: Whether it is still in an archive of RKE's.
        whole: False once some of them are others.
        store: What was stored when it was taken.
    """

    manifest: Mapping[str, Any] = field(default_factory=dict)
    state: bytes | None = None
    content: bytes = b""
    archive: bool = False
    whole: bool = True
    store: Store | None = None


@dataclass(slots=True, eq=False)
class Machine:
    """One machine; tests break it by setting its attributes.

    Attributes:
        cloud_name: What a cloud calls it, and its node where that is part of Kubernetes; empty elsewhere.
        powered: Off, it answers nobody and runs nothing.
        reachable: Whether an SSH connection can be made and stands.
        docker: Whether Docker runs.
        disk_full: Nothing more can be written or pulled.
        disk_room: Bytes that files have beside those that are there; None where that is no matter.
        skew: Its clock minus rke-py's.
        files: Below /etc/kubernetes, by path; times are by its own clock.
        etcd_data: What is in /var/lib/etcd/member.
        etcd_owner: Who owns it, ``uid:gid``.
        etcd_used, etcd_free: Bytes of its database that hold something, and that hold nothing.
        etcd_behind: How many entries of its log it lacks.
        prefixes: Those that the tools container was told of.
        set_aside: What an earlier member left behind.
        prepared: Data that a restore made beside those in use, by its token.
        replaced: Data that restores moved aside, by their token; None where there were none.
        backup: What the container of recurring snapshots tells, beside what it tells when all is well.
        snapshots: What is in /opt/rke/etcd-snapshots, by path without an ending.
        traces: What kubelet, pods and the network left: ``interface cni0``, ``folder /var/lib/kubelet``.
        pods: Names of the pods that containerd runs.
        addresses: Of the pod network that are given to pods in Docker.
        deep: Fields of DeepFacts that differ from a machine without peculiarities.
        foreign_ports: Ports that a program of somebody else's holds, and its name.
    """

    name: str
    address: str
    internal_address: str
    world: World
    cloud_name: str = ""
    powered: bool = True
    reachable: bool = True
    docker: bool = True
    disk_full: bool = False
    disk_room: int | None = None
    skew: timedelta = timedelta()
    facts: Mapping[str, object] = field(default_factory=dict)
    deep: dict[str, object] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
    containers: dict[str, Container] = field(default_factory=dict)
    files: dict[str, FoundFile] = field(default_factory=dict)
    etcd_data: MemberData | None = None
    etcd_owner: str = "0:0"
    etcd_used: int = 1 << 20
    etcd_free: int = 0
    etcd_behind: int = 0
    prefixes: set[str] = field(default_factory=set)
    set_aside: MemberData | None = None
    prepared: dict[str, MemberData] = field(default_factory=dict)
    replaced: dict[str, MemberData | None] = field(default_factory=dict)
    backup: dict[str, object] = field(default_factory=dict)
    snapshots: dict[str, KeptSnapshot] = field(default_factory=dict)
    traces: set[str] = field(default_factory=set)
    pods: set[str] = field(default_factory=set)
    cni: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    foreign_ports: dict[int, str] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """Its own clock."""
        return self.world.now + self.skew

    @property
    def alive(self) -> bool:
        """True while something can run on it."""
        return self.powered and self.docker

    def docker_facts(self) -> HostFacts:
        """Return what Docker tells about it."""
        usual = HostFacts(
            engine_id=f"ENGINE:{self.address}",
            engine_version="28.5.1",
            api_version="1.51",
            operating_system="Debian GNU/Linux 13 (trixie)",
            architecture="x86_64",
            kernel="6.12.48+deb13-amd64",
            hostname=self.name,
            docker_root="/var/lib/docker",
            cgroup_driver="systemd",
            cgroup_version=2,
            security_options=("name=seccomp,profile=builtin", "name=cgroupns"),
            cpus=4,
            memory=8 << 30,
            clock_offset=self.skew,
        )
        return replace(usual, **self.facts)

    def settle(self) -> None:
        """Bring every container to what it is by now."""
        if self.alive:
            for container in tuple(self.containers.values()):
                container.settle()

    def create(self, spec: ContainerSpec) -> Container:
        """Create a container; Docker refuses a name that is taken and an image that is not there."""
        if spec.name in self.containers:
            raise EngineError(self.name, f'Conflict. The container name "/{spec.name}" is already in use')
        if spec.image not in self.images:
            raise EngineError(self.name, f"No such image: {spec.image}")
        if missing := [name for name in spec.volumes_from if name not in self.containers]:
            raise EngineError(self.name, f"No such container: {missing[0]}")
        made_by = (self.world.run, threading.get_ident())
        container = Container(
            machine=self, spec=_as_shown(spec), id=self.world.new_id(), made_by=made_by, created_at=self.now
        )
        self.containers[spec.name] = container
        self.world.carries(self, spec.name)
        return container

    def write(self, files: Mapping[str, FileSpec], modified: datetime) -> None:
        """Write files one after the other, each once the one in its place is gone; what does not fit is left empty."""
        for path, file in files.items():
            fits = self._room_for(path, file)
            self.files[path] = FoundFile(
                path=path,
                content=file.content if fits else b"",
                mode=file.mode,
                uid=file.uid,
                gid=file.gid,
                modified=modified,
            )
            if not fits:
                raise EngineError(self.name, f"write {path}: no space left on device")

    def _room_for(self, path: str, file: FileSpec) -> bool:
        """Take the room that a file needs once the one in its place is gone; return whether there is enough."""
        if self.disk_room is not None:
            self.disk_room += len(self.files[path].content) if path in self.files else 0
            if len(file.content) > self.disk_room:
                return False
            self.disk_room -= len(file.content)
        return not self.disk_full

    def running(self, name: str) -> Container | None:
        """Return the container of that name if it runs now."""
        container = self.containers.get(name) if self.alive else None
        if container is None:
            return None
        container.settle()
        return container if container.status is Status.RUNNING else None

    def listener(self, port: int) -> Container | None:
        """Return the container that listens on a port."""
        if not self.alive:
            return None
        return next((c for c in tuple(self.containers.values()) if port in c.ports and self.running(c.spec.name)), None)

    def power_off(self) -> None:
        """Cut the power."""
        self.world.before_change(self)
        for container in self.containers.values():
            container.cut_off()
        self.powered = False
        self.world.elect()

    def power_on(self) -> None:
        """Start the machine; Docker starts what its restart policy names."""
        self.powered = True
        self.start_docker()

    def reboot(self) -> None:
        """Cut the power and give it back."""
        self.power_off()
        self.power_on()

    def stop_docker(self) -> None:
        """Stop Docker with all containers."""
        self.world.before_change(self)
        for container in self.containers.values():
            container.cut_off()
        self.docker = False
        self.world.elect()

    def start_docker(self) -> None:
        """Start Docker: containers with the policy ``always`` start, also those that were stopped by hand."""
        self.docker = True
        for container in sorted(self.containers.values(), key=lambda c: c.spec.name):
            container.daemon_started()

    def empty_etcd(self) -> None:
        """Lose what is in /var/lib/etcd, as a disk that was replaced or is not mounted does."""
        self.etcd_data = None

    def as_found(self) -> Mapping[str, object]:
        """Return everything that a cluster leaves on a machine, images excepted, to compare before and after."""
        return {
            "containers": sorted(self.containers),
            "files": sorted(self.files),
            "etcd": (self.etcd_data, self.set_aside),
            "traces": sorted(self.traces),
            "pods": sorted(self.pods),
            "cni": sorted(self.cni),
            "snapshots": sorted(self.snapshots),
        }


def _as_shown(spec: ContainerSpec) -> ContainerSpec:
    """Return what ``docker inspect`` shows of a container: with the image's environment, without what only we know."""
    plain = ContainerSpec(name=spec.name, image=spec.image, entrypoint=spec.entrypoint)
    own = {variable.partition("=")[0] for variable in spec.env}
    inherited = tuple(variable for variable in IMAGE_ENV if variable.partition("=")[0] not in own)
    return replace(
        spec,
        env=(*spec.env, *inherited),
        restart=spec.restart or "no",
        check=plain.check,
        reads=(),
        reloads=(),
        watches=(),
        reload_signal="",
        start_timeout=plain.start_timeout,
    )
