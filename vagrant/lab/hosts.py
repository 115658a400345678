"""Hosts as containers: started, awaited, and found again by their labels."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import docker
from .commands import attempt, run
from .docker import LAB
from .errors import LabError
from .images import REGISTRY
from .machine import Machine
from .spec import HostSpec, LabSpec

HOST = f"{LAB}.host"
ADDRESS = f"{LAB}.address"
ROLES = f"{LAB}.roles"
FOLDER = f"{LAB}.folder"
VOLUME = "rke-py-lab-disks"
"""All hosts' disks, a folder each; one volume, so that prepared ones can be hard links of one another."""

_READY_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host that exists."""

    lab: str
    name: str
    address: str
    roles: tuple[str, ...]
    state: str

    @property
    def container(self) -> str:
        """The container that it is."""
        return container_of(self.lab, self.name)


def container_of(lab: str, host: str) -> str:
    """Return the name of a host's container."""
    return f"rke-py-lab-{lab}-{host}"


def network_of(lab: str) -> str:
    """Return the name of a lab's network."""
    return f"rke-py-lab-{lab}"


def of_lab(lab: str = "") -> tuple[Host, ...]:
    """Return the hosts of a lab, or of all."""
    label = f"{LAB}={lab}" if lab else LAB
    found = [container for container in docker.containers(label) if HOST in container.labels]
    return tuple(
        Host(
            lab=container.labels[LAB],
            name=container.labels[HOST],
            address=container.labels[ADDRESS],
            roles=tuple(container.labels[ROLES].split(",")),
            state=container.state,
        )
        for container in found
    )


def named(lab: str, host: str) -> Host:
    """Return one host of a lab.

    Raises:
        LabError: There is none of that name.
    """
    present = of_lab(lab)
    for candidate in present:
        if candidate.name == host:
            return candidate
    names = ", ".join(candidate.name for candidate in present)
    raise LabError(f"lab {lab} has no host {host}", hint=f"its hosts: {names}" if names else "lab list shows all labs")


def start(spec: LabSpec, machine: Machine, image: str, public_key: str, prepared: str = "") -> dict[str, str]:
    """Start all hosts of a lab at once and wait until SSH, Docker and containerd answer on each.

    Args:
        spec: The lab; its network is there.
        machine: Where hosts run.
        image: Of the hosts.
        public_key: Of the operator.
        prepared: Folder of the disks that the hosts get copies of (disks.py); empty for empty ones.

    Returns:
        Each host's public host key by its address, as known_hosts wants it (``ssh-ed25519 AAAA…``).
    """

    def begin(host: HostSpec) -> str:
        told = variables(spec, host, machine, public_key) | {"LAB_PREPARED": f"/state/{prepared}" if prepared else ""}
        run("docker", "run", "-d", *_options(spec, host, machine, told), image)
        return wait_ready(container_of(spec.name, host.name))

    with ThreadPoolExecutor(len(spec.hosts)) as pool:
        keys = list(pool.map(begin, spec.hosts))
    return {str(host.address): key for host, key in zip(spec.hosts, keys, strict=True)}


def wait_ready(container: str) -> str:
    """Wait until a host's services answer; return its public host key."""
    waited = attempt("docker", "exec", container, "timeout", str(_READY_SECONDS), "lab-service", "wait")
    if waited.returncode:
        logs = attempt(
            "docker", "exec", container, "tail", "-n", "5", "/var/log/containerd.log", "/var/log/dockerd.log"
        )
        raise LabError(
            f"{container} is not ready after {_READY_SECONDS} s",
            evidence=logs.stdout + attempt("docker", "logs", "--tail", "10", container).stderr + waited.stderr,
        )
    words = docker.execute(container, "cat", "/etc/ssh/ssh_host_ed25519_key.pub").split()
    return " ".join(words[:2])


def variables(spec: LabSpec, host: HostSpec, machine: Machine, public_key: str) -> dict[str, str]:
    """Return what a host is told in its environment (host/entry.sh)."""
    disks = [f"{disk.path} {disk.megabytes * 2**20}" for disk in spec.small_disks if disk.host == host.name]
    return {
        "LAB_REGISTRY": REGISTRY,
        "LAB_STATE": f"/state/{spec.name}/{host.name}",
        "LAB_AUTHORIZED_KEY": public_key,
        "LAB_SYS_RESOURCE": str(int(machine.sys_resource)),
        "LAB_GATEWAY": str(spec.gateway),
        "LAB_NAMESERVERS": str(spec.gateway),
        "LAB_DOCKER_CLI": str(int(host.name in spec.docker_cli)),
        "LAB_SMALL_DISKS": "\n".join(disks),
    }


def options(machine: Machine) -> tuple[str, ...]:
    """Return the ``docker run`` options that every host needs, whoever starts it."""
    return (*machine.isolation(), "--tmpfs", "/run", "--tmpfs", "/tmp:exec", "--stop-timeout", "40")


def _options(spec: LabSpec, host: HostSpec, machine: Machine, told: dict[str, str]) -> list[str]:
    others = [(other.name, other.address) for other in spec.hosts if other != host]
    names = [(REGISTRY.partition(":")[0], spec.registry), *others]
    labels = {LAB: spec.name, HOST: host.name, ADDRESS: str(host.address), ROLES: ",".join(host.roles)}
    return [
        *options(machine),
        *("--name", container_of(spec.name, host.name), "--hostname", host.name),
        *("--network", network_of(spec.name), "--ip", str(host.address), "-v", f"{VOLUME}:/state"),
        *(option for name, address in names for option in ("--add-host", f"{name}:{address}")),
        *(option for name, value in labels.items() for option in ("--label", f"{name}={value}")),
        *(option for name, value in told.items() for option in ("-e", f"{name}={value}")),
    ]
