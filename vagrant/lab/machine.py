"""What this machine has and lacks; looked at, never assumed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

# In the order of their numbers (linux/capability.h).
_CAPABILITY_NAMES = """
    chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service
    net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin
    sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override
    mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore
"""
CAPABILITIES = tuple(_CAPABILITY_NAMES.split())

# Docker 20.10 does not know these three names and refuses them.
_UNKNOWN_TO_OLD_ENGINES = frozenset({"perfmon", "bpf", "checkpoint_restore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The facts that decide how hosts are started and things are built.

    Attributes:
        root: Whether this process is root.
        bounding: Capabilities that a process on this machine can have at most.
        cgroup_version: 1 or 2.
        memory: Bytes of main memory.
        nameservers: Those it asks itself, as far as others reach them.
    """

    root: bool
    bounding: frozenset[str]
    cgroup_version: int
    memory: int
    nameservers: tuple[str, ...]

    @property
    def sys_resource(self) -> bool:
        """Whether rlimits may be raised and OOM scores lowered; ``docker run --privileged`` needs it."""
        return "sys_resource" in self.bounding

    def isolation(self) -> tuple[str, ...]:
        """Return the ``docker run`` options that make a container as free as a host."""
        if self.sys_resource:
            return ("--privileged", "--cgroupns", "private")
        granted = [name for name in CAPABILITIES if name in self.bounding - _UNKNOWN_TO_OLD_ENGINES]
        return (
            *(f"--cap-add={name.upper()}" for name in granted),
            *("--security-opt", "seccomp=unconfined"),
            *("--security-opt", "apparmor=unconfined"),
            *("--security-opt", "systempaths=unconfined"),
            *("--device-cgroup-rule", "a *:* rwm"),
            *("--cgroupns", "private"),
        )


def look() -> Machine:
    """Look at the machine this process runs on."""
    return Machine(
        root=os.geteuid() == 0,
        bounding=bounding_set(Path("/proc/1/status").read_text()),
        cgroup_version=2 if Path("/sys/fs/cgroup/cgroup.controllers").exists() else 1,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        nameservers=nameservers_in(Path("/etc/resolv.conf").read_text()),
    )


def bounding_set(status: str) -> frozenset[str]:
    """Return the names of the capabilities in the bounding set of a ``/proc/PID/status`` text."""
    found = re.search(r"^CapBnd:\s*([0-9a-f]+)", status, re.MULTILINE)
    bits = int(found.group(1), 16) if found else 0
    return frozenset(name for number, name in enumerate(CAPABILITIES) if bits >> number & 1)


def nameservers_in(text: str) -> tuple[str, ...]:
    """Return the name servers in a resolv.conf text that other machines reach too, so none on a loopback address."""
    words = [line.split() for line in text.splitlines() if line.startswith("nameserver")]
    servers = [ip_address(entry[1].partition("%")[0]) for entry in words if len(entry) > 1]
    return tuple(str(server) for server in servers if server.version == 4 and not server.is_loopback)


def debian_mirror() -> str:
    """Return the Debian mirror this machine's apt uses; empty when it uses none."""
    sources = Path("/etc/apt")
    files = [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*"))]
    texts = [file.read_text() for file in files if file.suffix in (".list", ".sources") and file.is_file()]
    return mirror_in("\n\n".join(texts))


def mirror_in(sources: str) -> str:
    """Return the first Debian archive named in apt source texts of either format; empty when there is none.

    An archive's address ends in ``/debian``; ``/debian-security`` and other distributions are passed over.
    """
    lines = [line for line in sources.splitlines() if line.startswith(("deb ", "URIs:"))]
    addresses = [word for line in lines for word in line.split() if "://" in word]
    return next((address for address in addresses if address.rstrip("/").endswith("/debian")), "")
