"""Debian root file systems: what a host and what the images of the components are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import packages
from .cache import Cache, key_of
from .commands import run
from .machine import debian_mirror

SUITE = "trixie"


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A Debian of its own: the essential packages and these."""

    name: str
    packages: tuple[str, ...]

    @property
    def key(self) -> str:
        """The hash of what it is made of."""
        return key_of(SUITE, *self.packages)

    def built(self, cache: Cache) -> Path:
        """Return where it is, or will be."""
        return cache.root / "systems" / f"{self.name}-{self.key}"

    def build(self, cache: Cache) -> Path:
        """Return its tar file, made if it is missing."""
        target = self.built(cache)
        if not target.exists():
            packages.require("mmdebstrap")
            with cache.building(target) as work:
                tar = work / "root.tar"
                run("mmdebstrap", "--variant=apt", f"--include={','.join(self.packages)}", SUITE, str(tar), *_mirror())
        return target / "root.tar"


def _mirror() -> tuple[str, ...]:
    found = debian_mirror()
    return (found,) if found else ()


HOST = System(
    name="host",
    packages=(
        # what makes it a host of rke-py
        *("openssh-server", "docker.io", "docker-cli", "containerd", "ca-certificates"),
        # what kubelet and kube-proxy call on a host
        *("iptables", "nftables", "iproute2", "ipset", "conntrack", "ethtool", "socat", "kmod", "mount", "util-linux"),
        # what the lab itself runs there: ballast, slow disks, the registry
        *("curl", "procps", "perl-base", "e2fsprogs", "strace", "docker-registry", "jq", "sudo"),
    ),
)

RKE_TOOLS = System(name="rke-tools", packages=("nginx", "libnginx-mod-stream", "python3", "curl", "ca-certificates"))
"""What the scripts call that stand in for those of RKE's tools image; built only when it is asked for."""

COMPONENT = System(
    name="component",
    packages=(
        *("iptables", "nftables", "iproute2", "ipset", "conntrack", "ethtool", "socat", "kmod", "mount", "util-linux"),
        *("nfs-common", "containernetworking-plugins", "haproxy", "python3", "procps", "curl", "ca-certificates"),
    ),
)
