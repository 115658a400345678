"""A lab's life: up, down, prepared disks. What is there is read from labels, so that nothing is lost in a crash."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from pathlib import Path

from . import build, disks, docker, engine, expiry, folder, hosts, images, limits, registry
from .build import Built
from .cache import Cache
from .commands import attempt, run
from .docker import LAB
from .errors import LabError
from .hosts import FOLDER, network_of
from .machine import Machine
from .spec import HostSpec, LabSpec, subnets

Say = Callable[[str], None]

_PREPARING = "prepare"
_SHARED = ("kubernetes:",)
_IN_PODS = ("flannel:", "flannel-cni:", "coredns:", "metrics-server:", "pause:", "lab-test:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A lab that runs.

    Attributes:
        seconds: How long its hosts took to start, building not counted.
    """

    spec: LabSpec
    built: Built
    folder: Path
    seconds: float


def up(cache: Cache, machine: Machine, spec: LabSpec, place: Path, *, fixed: bool, preload: bool, say: Say) -> Started:
    """Build what is missing and start a lab.

    Args:
        cache: Where things are built.
        machine: Where hosts run.
        spec: The lab; its subnet may be another one in the end unless it is `fixed`.
        place: The lab's folder.
        fixed: The subnet is the operator's choice.
        preload: Hosts start with the lab's images already pulled.
        say: Shows progress.
    """
    try:
        with cache.engine_in_use():
            return _start(cache, machine, spec, place, fixed=fixed, preload=preload, say=say)
    except BaseException:
        stop_if_last(cache)
        raise


def down(cache: Cache, lab: str) -> None:
    """Remove a lab, whatever is left of it; the last one takes registry and own engine with it."""
    if docker.answers():
        _clear(lab)
        stop_if_last(cache)


def stop_if_last(cache: Cache) -> None:
    """Stop registry and own engine when no lab is left and nobody starts one."""
    with cache.engine_unused() as unused:
        if unused and docker.answers() and not names():
            registry.remove()
            engine.stop_own(cache)
            limits.restore_limits(_limits_before(cache))


def _limits_before(cache: Cache) -> Path:
    return cache.folder("engine") / "limits-before.json"


def down_all(cache: Cache) -> None:
    """Remove every lab of this engine."""
    for lab in names() or ("",):
        down(cache, lab)


def names() -> tuple[str, ...]:
    """Return the names of all labs, half-removed ones too."""
    if not docker.answers():
        return ()
    labels = [container.labels for container in docker.containers(LAB)]
    labels += list(docker.networks(LAB).values())
    return tuple(sorted({found[LAB] for found in labels}))


def _start(
    cache: Cache, machine: Machine, spec: LabSpec, place: Path, *, fixed: bool, preload: bool, say: Say
) -> Started:
    built = build.build(cache, machine, say)
    limits.raise_limits(_limits_before(cache), machine)
    for lab in expiry.expired(time.time()):
        _clear(lab)
    if spec.name in names():
        raise LabError(f"lab {spec.name} is there already", hint=f"lab down --name {spec.name}")
    if preload:
        _prepare(cache, machine, built, say)
    begun = time.monotonic()
    spec, network = _with_network(spec, place, fixed=fixed)
    try:
        registry.join(network, str(spec.registry))
        disks.clear(spec.name, built.host_image)
        prepared = disks.prepared_name(built.key) if preload else ""
        host_keys = hosts.start(spec, machine, built.host_image, folder.create(place), prepared)
        folder.write(place, spec, host_keys, built.tools_image)
        if preload:
            _pull_tools(spec, built.tools_image)
        if spec.seconds:
            expiry.watch(cache, spec.name, network, int(time.time()) + spec.seconds)
    except BaseException:
        _clear(spec.name)
        raise
    return Started(spec=spec, built=built, folder=place, seconds=time.monotonic() - begun)


def _clear(lab: str) -> None:
    """Remove what has a lab's label, its disks and its folder's files."""
    containers = [container.name for container in docker.containers(f"{LAB}={lab}")]
    image = _image_of(containers)
    if containers:
        attempt("docker", "rm", "-fv", *containers)
    for network, labels in docker.networks(f"{LAB}={lab}").items():
        expiry.unwatch(network)
        registry.leave(network)
        run("docker", "network", "rm", network)
        folder.remove(Path(labels[FOLDER]))
    if image:
        disks.clear(lab, image)


def _image_of(containers: Sequence[str]) -> str:
    """Return the image that the hosts of a lab run; any host image of this engine when it has no hosts."""
    if containers:
        return run("docker", "inspect", "--format", "{{.Config.Image}}", containers[0])
    known = run("docker", "images", "--format", "{{.Repository}}:{{.Tag}}", build.HOST_REPOSITORY).split()
    return known[0] if known else ""


def _with_network(spec: LabSpec, place: Path, *, fixed: bool) -> tuple[LabSpec, str]:
    """Create the lab's network; Docker refuses one that another network has, so the next is tried then.

    It leads nowhere else. A packet to a Service that no kube-proxy takes yet would leave this machine otherwise, and
    whoever answers it out there keeps the connection.
    """
    refusal = ""
    for subnet in [spec.subnet] if fixed else subnets(spec.name):
        moved = _moved(spec, subnet)
        labels = {LAB: spec.name, FOLDER: str(place.resolve())}
        if spec.seconds:
            labels[expiry.EXPIRES] = str(int(time.time()) + spec.seconds)
        created = attempt(
            *("docker", "network", "create", "--internal", "--subnet", str(subnet), "--gateway", str(moved.gateway)),
            *(option for name, value in labels.items() for option in ("--label", f"{name}={value}")),
            network_of(spec.name),
        )
        if not created.returncode:
            return moved, created.stdout.strip()
        refusal = created.stderr
        if "verlap" not in refusal:
            break
    raise LabError(f"no network for lab {spec.name}", evidence=refusal)


def _moved(spec: LabSpec, subnet: IPv4Network) -> LabSpec:
    def move(host: HostSpec) -> HostSpec:
        return replace(host, address=subnet.network_address + int(host.address) % subnet.num_addresses)

    return replace(spec, subnet=subnet, hosts=tuple(move(host) for host in spec.hosts))


def _pull_tools(spec: LabSpec, image: str) -> None:
    """Pull the tools image on all hosts; of the prepared one only the last layer may differ."""
    script = disks.pull_script([image])
    containers = [hosts.container_of(spec.name, host.name) for host in spec.hosts]
    with ThreadPoolExecutor(len(containers)) as pool:
        list(pool.map(lambda container: docker.execute(container, "bash", "-s", stdin=script), containers))


def _prepare(cache: Cache, machine: Machine, built: Built, say: Say) -> None:
    """Make disks with all images pulled, once for each set of images, by pulling them on a host of their own."""
    with cache.locked("prepare"):
        if disks.is_prepared(built.key, built.host_image):
            return
        begun = time.monotonic()
        on_docker = [image.reference for image in images.ALL if not image.name.startswith(_SHARED)]
        in_pods = [image.reference for image in images.ALL if image.name.startswith(_IN_PODS)]
        subnet = next(subnets(_PREPARING))
        spec = LabSpec(name=_PREPARING, subnet=subnet, hosts=(HostSpec(name="n1", address=subnet[11], roles=()),))
        place = cache.folder("prepare")
        _clear(_PREPARING)
        spec, network = _with_network(spec, place, fixed=False)
        try:
            registry.join(network, str(spec.registry))
            hosts.start(spec, machine, built.host_image, folder.create(place))
            container = hosts.container_of(_PREPARING, "n1")
            docker.execute(container, "bash", "-s", stdin=disks.pull_script([*on_docker, built.tools_image], in_pods))
            run("docker", "stop", container)
            disks.keep(_PREPARING, "n1", built.key, built.host_image)
        finally:
            _clear(_PREPARING)
        say(f"disks with all images: {time.monotonic() - begun:.1f} s")
