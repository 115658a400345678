"""Building what is missing: programs and systems side by side, then the images, pushed to the lab's registry."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import docker, engine, images, programs, registry, systems, toolchain, tools_image
from .cache import Cache, key_of
from .commands import run
from .images import BASE, RKE_BASE, SCRATCH, Image
from .machine import Machine
from .systems import System
from .toolchain import Go

HOST_REPOSITORY = "rke-py-lab-host"
HOST_FILES = Path(__file__).parent / "host"
_BASES = {BASE: systems.COMPONENT}
_BASES_FOR_RKE = {RKE_BASE: systems.RKE_TOOLS}
_MEMORY_OF_ONE_BUILD = 6 * 2**30  # linking Kubernetes


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a lab starts from.

    Attributes:
        host_image: The image of the hosts, in the engine only.
        tools_image: Reference of the tools image in the lab's registry, named by its content.
        kubectl: Program for the operator's machine.
        key: The hash of what prepared disks hold: the images but the tools image, as the hosts' Docker keeps them.
    """

    host_image: str
    tools_image: str
    kubectl: Path
    key: str


def build(cache: Cache, machine: Machine, say: Callable[[str], None], *, for_rke: bool = False) -> Built:
    """Build what is missing and return where everything is; seconds when nothing is missing.

    Args:
        cache: Where things are built.
        machine: What it is built with.
        say: Shows progress.
        for_rke: Build also what a cluster as RKE makes it needs.
    """
    engine.ensure(cache, machine)
    with cache.locked("build"):
        go = toolchain.find(cache)
        _build_parts(cache, machine, go, say, for_rke=for_rke)
        host_image = _host_image(cache, say)
        registry.ensure(cache, host_image)
        keys = _keys(go, images.ALL, _BASES)
        _images(cache, go, _BASES, images.ALL, keys, say)
        if for_rke:
            _images(cache, go, _BASES_FOR_RKE, images.FOR_RKE, _keys_for_rke(go), say)
        tools = tools_image.ensure(cache, say)
        return Built(
            host_image=host_image,
            tools_image=tools,
            kubectl=_kubectl(cache, go),
            key=key_of(systems.HOST.key, *keys.values()),
        )


def has_rke(cache: Cache) -> bool:
    """Tell whether all that takes minutes of a cluster as RKE makes it is built."""
    go = toolchain.find(cache)
    programs_are = all(program.built(cache, go).exists() for program in programs.FOR_RKE)
    return programs_are and all(system.built(cache).exists() for system in _BASES_FOR_RKE.values())


@contextmanager
def _timed(say: Callable[[str], None], what: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    say(f"{what}: {time.monotonic() - begun:.1f} s")


def _build_parts(cache: Cache, machine: Machine, go: Go, say: Callable[[str], None], *, for_rke: bool) -> None:
    """Build programs and root file systems; a download of one overlaps with the compiling of another."""

    def program(item: programs.Program | programs.CProgram) -> None:
        if not item.built(cache, go).exists():
            with _timed(say, f"built {item.name}"):
                item.build(cache, go)

    def system(item: systems.System) -> None:
        if not item.built(cache).exists():
            with _timed(say, f"built system {item.name}"):
                item.build(cache)

    at_once = max(1, min(3, os.cpu_count() or 1, machine.memory // _MEMORY_OF_ONE_BUILD))
    with ThreadPoolExecutor(at_once) as pool:
        jobs = [pool.submit(system, item) for item in (systems.HOST, *_BASES.values())]
        jobs += [pool.submit(program, item) for item in programs.ALL]
        if for_rke:
            jobs += [pool.submit(system, item) for item in _BASES_FOR_RKE.values()]
            jobs += [pool.submit(program, item) for item in programs.FOR_RKE]
        for job in jobs:
            job.result()


def build_host_image(cache: Cache, machine: Machine, say: Callable[[str], None]) -> str:
    """Return the hosts' image alone, built if it is missing."""
    engine.ensure(cache, machine)
    with cache.locked("build"):
        return _host_image(cache, say)


def _host_image(cache: Cache, say: Callable[[str], None]) -> str:
    key = key_of(systems.HOST.key, HOST_FILES)
    name = f"{HOST_REPOSITORY}:{key}"
    if not docker.image_exists(name):
        with _timed(say, "host image"):
            system = f"rke-py-lab-system:{systems.HOST.key}"
            if not docker.image_exists(system):
                run("docker", "import", str(systems.HOST.build(cache)), system)
            with tempfile.TemporaryDirectory() as folder:
                context = Path(folder)
                shutil.copytree(HOST_FILES, context, dirs_exist_ok=True)
                dockerfile = context / "Dockerfile"
                dockerfile.write_text(f"FROM {system}\n{dockerfile.read_text()}")
                docker.build(name, context)
    return name


def _keys_for_rke(go: Go) -> dict[str, str]:
    return _keys(go, (*images.ALL, *images.FOR_RKE), _BASES | _BASES_FOR_RKE)


def _keys(go: Go, wanted: Iterable[Image], bases: Mapping[str, System]) -> dict[str, str]:
    """Return the hash of what each image is made of, by its name."""
    keys = {SCRATCH: "", **{name: system.key for name, system in bases.items()}}
    for image in wanted:
        parts = [f"{path} {program.key(go)} {binary}" for path, (program, binary) in sorted(image.files.items())]
        parts += [f"{path} {key_of(script)}" for path, script in sorted(image.scripts.items())]
        keys[image.name] = key_of(keys[image.base], *parts, str(sorted(image.links.items())), *image.lines)
    return keys


def _images(
    cache: Cache,
    go: Go,
    bases: Mapping[str, System],
    wanted: Iterable[Image],
    keys: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """Build what is missing of images and of those that they stand on."""
    for name, system in bases.items():
        _base_image(cache, name, system, say)
    for image in wanted:
        _component_image(cache, go, image, keys, say)


def _base_image(cache: Cache, name: str, system: System, say: Callable[[str], None]) -> None:
    with _pushed(cache, name, system.key, say) as missing:
        if missing:
            run("docker", "import", str(system.build(cache)), f"{registry.PUSH}/{name}")


def _component_image(cache: Cache, go: Go, image: Image, keys: Mapping[str, str], say: Callable[[str], None]) -> None:
    with _pushed(cache, image.name, keys[image.name], say) as missing, tempfile.TemporaryDirectory() as folder:
        if missing:
            context = Path(folder)
            _write_context(cache, go, image, context)
            docker.build(f"{registry.PUSH}/{image.name}", context)


def _write_context(cache: Cache, go: Go, image: Image, context: Path) -> None:
    base = image.base if image.base == SCRATCH else f"{registry.PUSH}/{image.base}"
    lines = [f"FROM {base}"]
    if image.files or image.scripts or image.links:
        lines.append("COPY files/ /")
    (context / "Dockerfile").write_text("\n".join([*lines, *image.lines, ""]))
    root = context / "files"
    copied = {path: program.build(cache, go) / binary for path, (program, binary) in image.files.items()}
    for path, source in (*copied.items(), *image.scripts.items()):
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    for path, target_path in image.links.items():
        link = root / path.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target_path)


@contextmanager
def _pushed(cache: Cache, name: str, key: str, say: Callable[[str], None]) -> Iterator[bool]:
    """Tell whether an image is missing; when it is, push what was built and note its key and digest."""
    note = cache.folder("images") / f"{name.replace(':', '-').replace('/', '-')}.json"
    noted = json.loads(note.read_text()) if note.exists() else {}
    if noted.get("key") == key and noted.get("digest") == registry.digest(name):
        yield False
        return
    with _timed(say, f"image {name}"):
        yield True
        run("docker", "push", "-q", f"{registry.PUSH}/{name}")
        note.write_text(json.dumps({"key": key, "digest": registry.digest(name)}) + "\n")


def _kubectl(cache: Cache, go: Go) -> Path:
    built = programs.kubernetes(programs.KUBERNETES_VERSIONS[0]).build(cache, go)
    link = cache.folder("bin") / "kubectl"
    if not link.is_symlink() or link.readlink() != built / "hyperkube":
        link.unlink(missing_ok=True)
        link.symlink_to(built / "hyperkube")
    return link
