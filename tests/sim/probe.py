"""What the tools container sees of a simulated machine."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from rke_py.plan.observed import DeepFacts

if TYPE_CHECKING:
    from .machine import Machine

CNI_PLUGINS = ("bridge", "host-local", "loopback", "portmap")

_ROOM = 50 << 30
_FOLDERS = (
    *("/etc/kubernetes", "/var/lib/containerd", "/var/lib/kubelet"),
    *("/var/log", "/var/lib/etcd", "/var/lib/docker"),
)


def tunnel_of(machine: Machine) -> str:
    """Return the machine's address in the pod network."""
    return f"10.42.{machine.internal_address.rpartition('.')[2]}.0"


def probe(machine: Machine) -> dict[str, object]:
    """Return the fields of DeepFacts as JSON has them; what a test sets in ``machine.deep`` wins."""
    usual = DeepFacts(
        cri=True,
        cri_version="v1",
        free=dict.fromkeys(_FOLDERS, _ROOM),
        systemd_cgroup=True,
        etcd_data=machine.etcd_data is not None,
        mount_helpers=("mount.nfs", "mount.cifs"),
        cni_outdated=tuple(plugin for plugin in CNI_PLUGINS if plugin not in machine.cni),
    )
    if machine.traces:
        usual = replace(usual, tunnel=tunnel_of(machine), tunnel_mtu=1450, mtu=1500)
    own = {
        str(port): container.spec.name
        for container in tuple(machine.containers.values())
        if not container.spec.name.startswith("rke-py-") and machine.running(container.spec.name)
        for port in container.ports
    }
    foreign = {str(port): program for port, program in machine.foreign_ports.items()}
    return {**asdict(usual), "listening": {**own, **foreign}, **machine.deep}
