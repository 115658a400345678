"""The Engine of ``transport.interface`` over a simulated machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from rke_py.errors import EngineError, ImageMissing, NotFound, RegistryBusy, Unreachable
from rke_py.plan.containers import ContainerSpec, FoundContainer, Status
from rke_py.plan.files import FileSpec, FoundFile
from rke_py.plan.observed import HostFacts
from rke_py.transport.interface import Output, RegistryLogin

from .clock import Crash
from .container import Container
from .machine import Machine
from .tools import run_command

PULL_SECONDS = 2.0
STOP_SECONDS = 0.3
TOOL_SECONDS = 0.4
_WORKING = ("rke-py-files", "rke-py-tools")
"""How the names of containers begin that one step makes for itself."""


class SimulatedEngine:
    """Docker of one machine.

    Args:
        machine: The machine.
        name: The node's name, for errors.
    """

    def __init__(self, machine: Machine, name: str) -> None:
        self._machine = machine
        self._name = name

    def facts(self) -> HostFacts:
        with self._asked("facts") as machine:
            return machine.docker_facts()

    def containers(self) -> tuple[FoundContainer, ...]:
        with self._asked("containers") as machine:
            machine.settle()
            return tuple(container.found() for container in machine.containers.values())

    def inspect(self, name: str) -> FoundContainer | None:
        with self._asked("inspect", name) as machine:
            machine.settle()
            container = machine.containers.get(name)
            return container.found() if container else None

    def images(self) -> frozenset[str]:
        with self._asked("images") as machine:
            return frozenset(machine.images)

    def pull(self, image: str, login: RegistryLogin | None, progress: Callable[[int, int], None] | None = None) -> None:
        with self._asked("pull", image) as machine:
            faults = machine.world.faults
            if faults.registry_down or image in faults.missing_images or machine.disk_full:
                said = "manifest unknown" if image in faults.missing_images else "connection refused"
                said = "no space left on device" if machine.disk_full else said
                raise ImageMissing(self._name, f"the image {image} could not be pulled: {said}")
            there = image in machine.images
            if not there and faults.registry_busy.get(machine.name, 0):
                faults.registry_busy[machine.name] -= 1
                raise RegistryBusy(self._name, f"the image {image} could not be pulled: 429 Too Many Requests")
        if not there:
            machine.world.time.pause(PULL_SECONDS)
        with machine.world.lock:
            machine.images.add(image)
        if progress:
            progress(1, 1)

    def load(self, archive: Iterable[bytes]) -> None:
        with self._asked("load") as machine:
            machine.images.update(chunk.decode() for chunk in archive)

    def create(self, spec: ContainerSpec) -> None:
        with self._asked("create", spec.name) as machine:
            machine.create(spec)

    def start(self, name: str) -> None:
        with self._about("start", name) as container:
            container.start()

    def stop(self, name: str, grace: int) -> None:
        with self._about("stop", name) as container:
            runs = container.status is Status.RUNNING
            container.stop()
        if runs:
            self._machine.world.time.pause(STOP_SECONDS)

    def restart(self, name: str, grace: int) -> None:
        with self._about("restart", name) as container:
            container.stop()
            container.start()

    def signal(self, name: str, signal: str) -> None:
        with self._about("signal", name) as container:
            if container.status is not Status.RUNNING:
                raise EngineError(self._name, f"Container {name} is not running")
            container.reload()

    def rename(self, name: str, new: str) -> None:
        with self._about("rename", name) as container:
            containers = self._machine.containers
            if new in containers:
                raise EngineError(self._name, f'Conflict. The container name "/{new}" is already in use')
            containers[new] = containers.pop(name)
            container.renamed(new)

    def remove(self, name: str) -> None:
        with self._asked("remove", name) as machine:
            self._drop(name, machine)

    def set_restart(self, name: str, policy: str) -> None:
        with self._about("set_restart", name) as container:
            container.set_restart(policy)

    def logs(self, name: str, lines: int) -> tuple[str, ...]:
        with self._about("logs", name) as container:
            return tuple(container.log[-lines:])

    def run(self, spec: ContainerSpec, *, timeout: float, stdin: bytes | None = None) -> Output:
        with self._asked("run", " ".join(spec.command[:1])) as machine:
            self._drop(spec.name, machine)
            container = machine.create(spec)
        try:
            machine.world.time.pause(TOOL_SECONDS)
        except Crash:  # a container goes on without whoever started it, and nobody removes it
            with machine.world.lock:
                run_command(machine, spec.command, stdin)
            raise
        with machine.world.lock:
            self._answers(machine)
            if machine.containers.get(spec.name) is not container:
                raise NotFound(self._name, f"No such container: {spec.name}")
            del machine.containers[spec.name]
            return run_command(machine, spec.command, stdin)

    def read_files(self, container: str, folder: str, near: Collection[datetime] = ()) -> Mapping[str, FoundFile]:
        with self._about("read_files", container) as through:
            if not _mount(through, folder):
                return {}
            inside = f"{folder}/"
            return {path: file for path, file in self._machine.files.items() if path.startswith(inside)}

    def write_files(self, container: str, files: Sequence[FileSpec], modified: datetime) -> None:
        with self._about("write_files", container) as through:
            for file in files:
                mount = _mount(through, file.path)
                if mount is None:
                    raise EngineError(self._name, f"{file.path} is not in a folder that {container} mounts")
                if mount.endswith(":ro"):
                    raise EngineError(self._name, "container rootfs is marked read-only")
            self._machine.write({file.path: file for file in files}, modified)

    def read_large(self, container: str, path: str) -> Iterator[bytes]:
        with self._about("read_large", container) as through:
            found = _of_snapshot(self._machine, path)
            if _mount(through, path) is None or found is None:
                raise NotFound(self._name, f"Could not find the file {path} in container {container}")
        half = len(found) // 2
        yield from (found[:half], found[half:])

    def write_large(self, container: str, path: str, size: int, pieces: Iterable[bytes]) -> None:
        content = b"".join(pieces)
        with self._about("write_large", container) as through:
            if _mount(through, path) is None:
                raise EngineError(self._name, f"{path} is not in a folder that {container} mounts")
            if len(content) != size:
                raise AssertionError(f"{path} should have {size} bytes and has {len(content)}")
            if self._machine.disk_full:
                raise EngineError(self._name, f"write {path}: no space left on device")
            self._machine.snapshots[path.removesuffix(".db")] = self._machine.world.files[content]

    def _drop(self, name: str, machine: Machine) -> None:
        """Remove a container by force; that of another thread's step is not to be touched."""
        container = machine.containers.pop(name, None)
        if container is None:
            return
        container.stop()
        run, thread = container.made_by
        if name.startswith(_WORKING) and run == machine.world.run and thread != threading.get_ident():
            machine.world.laws.broken(f"two steps at once use the container {name} on {self._name}")

    def _answers(self, machine: Machine) -> None:
        if not (machine.powered and machine.reachable):
            raise Unreachable(self._name, "the SSH connection was lost", hint="Check that the machine is up.")
        if not machine.docker:
            raise EngineError(self._name, "Docker does not answer: connection refused")

    @contextmanager
    def _asked(self, verb: str, name: str = "") -> Iterator[Machine]:
        """Let a call come through, with the world at a standstill while it is answered."""
        machine = self._machine
        world = machine.world
        with world.calls(self._name, verb, name) as call:
            self._answers(machine)
            with world.lock:
                if not call.changing:
                    yield machine
                    return
                before = world.laws.before(world, machine, name)
                yield machine
                world.laws.after(world, machine, before, call)

    @contextmanager
    def _about(self, verb: str, name: str) -> Iterator[Container]:
        """Let a call about one container come through; Docker knows none of another name."""
        with self._asked(verb, name) as machine:
            container = machine.containers.get(name)
            if container is None:
                raise NotFound(self._name, f"No such container: {name}")
            container.settle()
            yield container


def _of_snapshot(machine: Machine, path: str) -> bytes | None:
    """Return a snapshot, its manifest, or the state beside it; None where the machine has no such file."""
    name, _, ending = path.rpartition(".")
    kept = machine.snapshots.get(path) if ending not in ("db", "json", "rkestate") else machine.snapshots.get(name)
    if kept is None:
        return None
    manifest = json.dumps(dict(kept.manifest)).encode() if kept.manifest else None
    return {"json": manifest, "rkestate": kept.state}.get(ending, kept.content)


def _mount(container: Container, path: str) -> str | None:
    """Return the bind through which a container sees a path of its host at the same place."""
    for bind in container.spec.binds:
        source, target, *_ = bind.split(":")
        if source.endswith(target) and (path == target or path.startswith(f"{target}/")):
            return bind
    return None
