"""The images of the lab as a table: what each is made of. `build.py` makes them.

One image a component, each with an entrypoint of its own, as upstream's are: rke-py must not rely on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from . import programs
from .programs import CProgram, Program

REGISTRY = "registry.lab:5000"
"""What hosts call the registry; the name is in their /etc/hosts, so that images are named alike in every lab."""

BASE = "base:13"
SCRATCH = "scratch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image with nothing but files on top of another one.

    Attributes:
        name: ``repository:tag`` in the lab's registry.
        base: Another image's name, or ``scratch``.
        files: Path in the image: the program and which of its binaries.
        links: Path in the image: what it points to.
        lines: The rest of the Dockerfile.
    """

    name: str
    base: str = BASE
    files: Mapping[str, tuple[Program | CProgram, str]] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """What a host pulls."""
        return f"{REGISTRY}/{self.name}"


def _kubernetes(version: str) -> tuple[Image, ...]:
    """One layer carries the program of all components, so that a host pulls it once."""
    components = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet")
    shared = Image(
        name=f"kubernetes:{version}",
        files={"/usr/local/bin/hyperkube": (programs.kubernetes(version), "hyperkube")},
        links={f"/usr/local/bin/{name}": "hyperkube" for name in (*components, "kubectl")},
    )
    return (
        shared,
        *(
            Image(name=f"{name}:{version}", base=shared.name, lines=(f'ENTRYPOINT ["/usr/local/bin/{name}"]',))
            for name in components
        ),
    )


def _etcd(version: str) -> Image:
    program = programs.etcd(version)
    return Image(
        name=f"etcd:{version}",
        base=SCRATCH,
        files={f"/usr/local/bin/{name}": (program, name) for name in program.binaries},
        lines=("ENV PATH=/usr/local/bin", 'ENTRYPOINT ["/usr/local/bin/etcd"]'),
    )


def _single(name: str, path: str, program: Program | CProgram, *, base: str = SCRATCH) -> Image:
    binary = next(iter(program.binaries), program.name)
    return Image(name=name, base=base, files={path: (program, binary)}, lines=(f'ENTRYPOINT ["{path}"]',))


ALL: tuple[Image, ...] = (
    *(image for version in programs.KUBERNETES_VERSIONS for image in _kubernetes(version)),
    *(_etcd(version) for version in programs.ETCD_VERSIONS),
    _single("flannel:v0.28.4", "/opt/bin/flanneld", programs.FLANNEL, base=BASE),
    Image(
        # As upstream's, the plugin is /flannel; /opt/cni/bin has it too, beside Debian's standard plugins.
        name="flannel-cni:v0.28.4",
        files={"/flannel": (programs.FLANNEL_CNI, "flannel")},
        lines=("RUN mkdir -p /opt/cni/bin && cp /usr/lib/cni/* /flannel /opt/cni/bin/", 'ENTRYPOINT ["/flannel"]'),
    ),
    _single("coredns:1.12.4", "/coredns", programs.COREDNS),
    _single("metrics-server:v0.9.0", "/metrics-server", programs.METRICS_SERVER),
    _single("pause:3.10", "/pause", programs.PAUSE),
    _single("versitygw:v1.8.0", "/usr/local/bin/versitygw", programs.VERSITYGW),
    Image(name="haproxy:3.0", lines=('ENTRYPOINT ["/usr/sbin/haproxy"]', 'CMD ["-f", "/etc/haproxy/haproxy.cfg"]')),
    Image(name="lab-test:13", lines=('ENTRYPOINT ["/bin/sh", "-c"]', 'CMD ["sleep infinity"]')),
)
