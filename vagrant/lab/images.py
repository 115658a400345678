"""The images of the lab as a table: what each is made of. `build.py` makes them.

One image a component, each with an entrypoint of its own, as upstream's are: rke-py must not rely on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import programs
from .programs import CProgram, Program

REGISTRY = "registry.lab:5000"
"""What hosts call the registry; the name is in their /etc/hosts, so that images are named alike in every lab."""

BASE = "base:13"
RKE_BASE = "rke-tools-base:13"
SCRATCH = "scratch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image with nothing but files on top of another one.

    Attributes:
        name: ``repository:tag`` in the lab's registry.
        base: Another image's name, or ``scratch``.
        files: Path in the image: the program and which of its binaries.
        scripts: Path in the image: a script that lies beside this.
        links: Path in the image: what it points to.
        lines: The rest of the Dockerfile.
    """

    name: str
    base: str = BASE
    files: Mapping[str, tuple[Program | CProgram, str]] = field(default_factory=dict)
    scripts: Mapping[str, Path] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """What a host pulls."""
        return f"{REGISTRY}/{self.name}"


_COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet")


def _kubernetes(version: str) -> tuple[Image, ...]:
    """One layer carries the program of all components, so that a host pulls it once."""
    shared = _hyperkube(f"kubernetes:{version}", version)
    return (
        shared,
        *(
            Image(name=f"{name}:{version}", base=shared.name, lines=(f'ENTRYPOINT ["/usr/local/bin/{name}"]',))
            for name in _COMPONENTS
        ),
    )


def _hyperkube(name: str, version: str, *lines: str) -> Image:
    return Image(
        name=name,
        files={"/usr/local/bin/hyperkube": (programs.kubernetes(version), "hyperkube")},
        links={f"/usr/local/bin/{component}": "hyperkube" for component in (*_COMPONENTS, "kubectl")},
        lines=lines,
    )


def _etcd(name: str, version: str, *lines: str) -> Image:
    program = programs.etcd(version)
    files = {f"/usr/local/bin/{binary}": (program, binary) for binary in program.binaries}
    return Image(name=name, base=SCRATCH, files=files, lines=lines)


def _single(name: str, path: str, program: Program | CProgram, *, base: str = SCRATCH) -> Image:
    binary = next(iter(program.binaries), program.name)
    return Image(name=name, base=base, files={path: (program, binary)}, lines=(f'ENTRYPOINT ["{path}"]',))


ALL: tuple[Image, ...] = (
    *(image for version in programs.KUBERNETES_VERSIONS for image in _kubernetes(version)),
    *(
        _etcd(f"etcd:{version}", version, "ENV PATH=/usr/local/bin", 'ENTRYPOINT ["/usr/local/bin/etcd"]')
        for version in programs.ETCD_VERSIONS
    ),
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

_SCRIPTS = Path(__file__).parent / "rke"
_PATH = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

FOR_RKE: tuple[Image, ...] = (
    *(
        _hyperkube(f"rancher/hyperkube:{version}-rancher1", version, _PATH)
        for version in (programs.RKE_KUBERNETES, programs.RKE_NEWER)
    ),
    *(
        _etcd(f"rancher/mirrored-coreos-etcd:v{version}", version, _PATH)
        for version in (programs.RKE_ETCD, programs.ETCD_VERSIONS[-1])
    ),
    Image(
        name="rancher/rke-tools:v0.1.111",
        base=RKE_BASE,
        files={
            "/usr/local/bin/etcdctl": (programs.etcd(programs.RKE_ETCD), "etcdctl"),
            "/opt/rke-tools/bin/cri-dockerd": (programs.CRI_DOCKERD, "cri-dockerd"),
        },
        scripts={
            "/opt/rke-tools/entrypoint.sh": _SCRIPTS / "entrypoint.sh",
            "/opt/rke-tools/rke-etcd-backup": _SCRIPTS / "rke-etcd-backup",
            "/usr/local/bin/nginx-proxy": _SCRIPTS / "nginx-proxy",
        },
        lines=(_PATH, "VOLUME /opt/rke-tools"),
    ),
    Image(
        name="rancher/flannel-cni:v1.4.1-rancher1",
        base="flannel-cni:v0.28.4",
        scripts={"/install-cni.sh": _SCRIPTS / "install-cni.sh"},
    ),
    Image(name="rancher/mirrored-flannel-flannel:v0.26.4", base="flannel:v0.28.4"),
    Image(name="rancher/mirrored-coredns-coredns:1.11.3", base="coredns:1.12.4"),
    Image(name="rancher/mirrored-pause:3.7", base="pause:3.10"),
    Image(
        name="rancher/mirrored-cluster-proportional-autoscaler:v1.8.9",
        scripts={"/cluster-proportional-autoscaler": _SCRIPTS / "cluster-proportional-autoscaler"},
    ),
    Image(name="bb:1", scripts={"/usr/bin/httpd": _SCRIPTS / "httpd"}),
)
"""Images under RKE's names, with stand-ins for what cannot be built here: what `tests/lab/rke` makes its cluster of."""
