"""Whether each machine can carry a node: Docker, processor, memory, and that it is a machine of its own."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.plan.checks.words import amount
from rke_py.plan.observed import HostFacts, Observed, ObservedHost

_ARCHITECTURES = frozenset({"x86_64", "amd64", "aarch64", "arm64"})
"""What the kubelet's image is published for."""

_API = (1, 41)
"""Docker 20.10, the first that can leave a container in the host's cgroup namespace."""

_KERNEL = (4, 19)
_MEMORY = 1700 << 20
_CPUS = 2
"""kubeadm's figures for a control-plane node."""


def machine_problems(cluster: Cluster, observed: Observed) -> Iterable[Problem]:
    """Name what is wrong with the machines themselves."""
    yield from _twice(observed)
    for host in observed.hosts.values():
        if host.facts is None:
            continue
        yield from _docker(cluster, host.name, host.facts)
        if host.facts.architecture not in _ARCHITECTURES:
            what = f"its processor is {host.facts.architecture}; there are images for x86_64 and arm64"
            yield Problem(where=host.name, what=what, hint="Use another machine.")
        if host.deep is not None:
            yield from _remarks(host, host.facts)


def _twice(observed: Observed) -> Iterable[Problem]:
    """Find two entries of cluster.yml that lead to one machine."""
    seen: dict[tuple[str, str], str] = {}
    for host in observed.hosts.values():
        if host.facts is None or host.facts.identity is None:
            continue
        first = seen.setdefault(host.facts.identity, host.name)
        if first != host.name:
            yield Problem(
                where=host.name,
                what=f"it is the same machine as {first}: hostname {host.facts.hostname} and Docker's id "
                f"{host.facts.engine_id} are the same",
                hint="Take one of the two entries out of cluster.yml. If both were copied from one image: give one its "
                "own hostname.",
            )


def _docker(cluster: Cluster, name: str, facts: HostFacts) -> Iterable[Problem]:
    """Find a Docker that will not do; containers of RKE's releases are made as with any that RKE took."""
    if _numbers(facts.api_version) < _API:
        later = " for releases after RKE's own" if cluster.rke is not None else ""
        needed = f"{_API[0]}.{_API[1]} is needed"
        what = f"Docker {facts.engine_version} is too old{later}: its API is {facts.api_version}, {needed}"
        yield Problem(where=name, what=what, hint="Install Docker 20.10 or later.", warning=cluster.rke is not None)
    for option, what, hint in (
        ("rootless", "Docker runs without root and cannot run a node", "Use the Docker that runs as root."),
        ("userns", "Docker maps containers to other users", 'Take "userns-remap" out of /etc/docker/daemon.json.'),
    ):
        if any(option in given for given in facts.security_options):
            yield Problem(where=name, what=what, hint=hint)


def _remarks(host: ObservedHost, facts: HostFacts) -> Iterable[Problem]:
    """Return what does not stop anybody but should be known of a machine that is new to the cluster."""
    small = [f"{facts.cpus} processor"] if facts.cpus < _CPUS else []
    small += [amount(facts.memory)] if facts.memory < _MEMORY else []
    if small:
        hint = f"Kubernetes asks for {_CPUS} processors and {amount(_MEMORY)} where the control plane runs."
        yield Problem(where=host.name, what=f"it is small: {' and '.join(small)}", hint=hint, warning=True)
    if _numbers(facts.kernel)[:2] < _KERNEL:
        what = f"its kernel {facts.kernel} is older than Kubernetes is tested with"
        yield Problem(where=host.name, what=what, hint="Use 4.19 or later.", warning=True)
    if any("selinux" in option for option in facts.security_options):
        what = "SELinux confines containers; components are exempted (label=disable), which was not tried on real hosts"
        yield Problem(where=host.name, what=what, warning=True)


def _numbers(version: str) -> tuple[int, ...]:
    """Return major and minor of a version: ``6.12.0-amd64`` gives ``(6, 12)``."""
    return tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdigit())
