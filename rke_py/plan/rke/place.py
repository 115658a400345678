"""A host as RKE's containers see it: which cluster, where its folders are, what Docker says of the machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from rke_py.cluster.model import Cluster, Host
from rke_py.cluster.rke.model import RkeSettings
from rke_py.plan.observed import HostFacts
from rke_py.plan.prefix import ROOT, prefix_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One host of a cluster of RKE's own releases.

    Attributes:
        prefix: What stands before the host's folders: ``prefix_path``, else the operating system's.
        architecture: As Docker names it: ``x86_64``.
        docker_root: Docker's own folder.
        selinux: True when SELinux confines containers.
    """

    cluster: Cluster
    settings: RkeSettings
    host: Host
    prefix: PurePosixPath = ROOT
    architecture: str = "x86_64"
    docker_root: str = "/var/lib/docker"
    selinux: bool = False

    @property
    def minor(self) -> tuple[int, int]:
        """The minor release of the cluster's version, which the shape of the containers follows."""
        return self.cluster.minor

    def on_host(self, folder: str) -> str:
        """Return where an absolute folder lies on the host."""
        return str(self.prefix / folder.lstrip("/"))


def place(cluster: Cluster, settings: RkeSettings, host: Host, facts: HostFacts | None) -> Place:
    """Return the host as its containers see it; without facts it is an ordinary Linux machine."""
    if facts is None:
        return Place(cluster=cluster, settings=settings, host=host, prefix=cluster.prefix_path)
    return Place(
        cluster=cluster,
        settings=settings,
        host=host,
        prefix=prefix_of(cluster, facts.operating_system),
        architecture=facts.architecture,
        docker_root=facts.docker_root,
        selinux=any(option in ("selinux", "name=selinux") for option in facts.security_options),
    )
