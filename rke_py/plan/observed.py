"""What one look at every host, etcd and the API server found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from rke_py.cluster.model import Taint
from rke_py.errors import HostError
from rke_py.plan.containers import FoundContainer
from rke_py.plan.files import FoundFile
from rke_py.plan.observed_etcd import ExternalMember, ObservedEtcd


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What ``docker info`` and the SSH connection tell about a machine.

    Attributes:
        engine_id: Docker's own id of the machine, to notice two entries for one machine.
        clock_offset: The host's clock minus ours.
        cgroup_version: 1 or 2.
    """

    engine_id: str
    engine_version: str
    api_version: str
    operating_system: str
    architecture: str
    kernel: str
    hostname: str
    docker_root: str
    cgroup_driver: str
    cgroup_version: int
    security_options: tuple[str, ...]
    cpus: int
    memory: int
    clock_offset: timedelta
    http_proxy: str = ""

    @property
    def identity(self) -> tuple[str, str] | None:
        """What tells one machine from another; None when Docker tells no id.

        Machines copied from one image share Docker's id, but not their hostname.
        """
        return (self.engine_id, self.hostname) if self.engine_id else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepFacts:
    """What only the tools container can see on the host (``rke_py/tools/probe``).

    Attributes:
        cri: Whether containerd's socket answered the CRI version call; ``cri_error`` says why not.
        swap: Bytes of swap in use.
        free: Free bytes under each of the folders asked for.
        resolv_conf: ``/run/systemd/resolve/resolv.conf`` when systemd-resolved runs, else ``/etc/resolv.conf``.
        systemd_cgroup: Whether containerd's runc uses the systemd cgroup driver.
        sandbox_image: The pause image that containerd is configured with.
        etcd_data: True when ``/var/lib/etcd`` holds a member directory; ``etcd_size`` how many bytes that has.
        kubelet_mounts: Mount points below ``/var/lib/kubelet``.
        mount_helpers: Names of the ``mount.*`` helpers that exist.
        tunnel, tunnel_mtu: Address and MTU of the interface through which the pod network leads to other hosts; empty
            and 0 when there is none.
        mtu: Of the interface that has the default route, 0 when that is not known.
        conntrack, conntrack_max: Connections that the kernel tracks, and how many it can; 0 when it tracks none.
        cni_outdated: Standard CNI plugins that are absent from ``/opt/cni/bin`` or not those of the tools image.
        programs: Programs in the folder from which the kubelet runs some to log in to registries.
    """

    cri: bool
    cri_error: str = ""
    cri_version: str = ""
    swap: int = 0
    free: Mapping[str, int] = field(default_factory=dict)
    resolv_conf: str = "/etc/resolv.conf"
    systemd_cgroup: bool = False
    sandbox_image: str = ""
    etcd_data: bool = False
    etcd_size: int = 0
    etcd_data_mounted: bool = False
    kubelet_mounts: tuple[str, ...] = ()
    mount_helpers: tuple[str, ...] = ()
    cni_outdated: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    listening: Mapping[int, str] = field(default_factory=dict)
    tunnel: str = ""
    tunnel_mtu: int = 0
    mtu: int = 0
    conntrack: int = 0
    conntrack_max: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedHost:
    """One machine as it is.

    Attributes:
        fault: Why it could not be looked at; everything else is empty then.
        files: Regular files below ``/etc/kubernetes`` by absolute path; None when no container mounts it, so
            that nothing could be read (a machine that carries nothing).
        images: References (``name:tag``) that are present in Docker.
    """

    name: str
    fault: HostError | None = None
    facts: HostFacts | None = None
    deep: DeepFacts | None = None
    containers: Mapping[str, FoundContainer] = field(default_factory=dict)
    files: Mapping[str, FoundFile] | None = None
    images: frozenset[str] = frozenset()

    @property
    def reachable(self) -> bool:
        """True when the host answered."""
        return self.fault is None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeSince:
    """What was made in the cluster since a moment, by name, with its namespace where it has one."""

    pods: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    load_balancers: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPod:
    """A pod of the system.

    Attributes:
        app: Its label ``k8s-app``, else ``app.kubernetes.io/name``, else ``app``.
        reason, message: Why it is not ready, in Kubernetes' words.
    """

    namespace: str
    name: str
    app: str
    node: str = ""
    ready: bool = False
    restarts: int = 0
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodImage:
    """An image that pods of a node have.

    Attributes:
        name: As the pods name it.
        always: It is pulled whenever one of its containers starts.
        private: A pod brings credentials of its own for it.
    """

    name: str
    always: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedNode:
    """A Node object; ``troubles`` are its conditions that are not as they should be: ``Ready: reason: message``."""

    name: str
    ready: bool
    kubelet_version: str = ""
    unschedulable: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    renewed_at: datetime | None = None
    internal_ips: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()

    @property
    def internal_ip(self) -> str:
        """The first of its internal addresses, which Kubernetes goes by; empty without any."""
        return self.internal_ips[0] if self.internal_ips else ""


class ObjectState(StrEnum):
    """How a rendered object compares with the API server's."""

    ABSENT = "absent"
    SAME = "same"
    DIFFERENT = "different"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedObject:
    """An add-on's object: wanted and there or not, or there and no longer wanted (STALE).

    Attributes:
        missing: What it lacks to work, by its own conditions; empty when it works or is not there.
    """

    addon: str
    kind: str
    api_version: str
    namespace: str
    name: str
    state: ObjectState
    changed: tuple[str, ...] = ()
    missing: str = ""

    @property
    def title(self) -> str:
        """Which object it is: ``Job kube-system/rke-network-plugin-deploy-job``."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedUse:
    """A use of an API that the wanted release does not serve.

    Attributes:
        what: The resource or the kind: ``poddisruptionbudgets``, ``PodDisruptionBudget``.
        servers: Hosts whose API servers were asked for it since they started.
        objects: Objects that somebody wrote in that version, and who: ``Ingress shop/web (by helm)``.
    """

    api_version: str
    what: str
    servers: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything that one look found.

    Attributes:
        leaving: Hosts that cluster.yml has no more.
        external_etcd: An etcd of the owner's own from every control-plane host, when there is one.
        ready_servers: Hosts whose API servers say that they are ready.
        uses: Of APIs that the wanted release does not serve, before an upgrade.
        left_by_rke: What RKE's jobs and the identity that its nodes share need in the cluster, and nobody else does.
        remains: What RKE's jobs applied and left of sections whose add-on is ours or goes, by section, in the order in
            which it can go.
        client_cas: CA certificates by which API servers of extensions believe clients, by the flag they are of.
        unready_pods: Pods that are not Ready before they go to another runtime: ``namespace/name``, and their node.
    """

    hosts: Mapping[str, ObservedHost]
    leaving: Mapping[str, ObservedHost] = field(default_factory=dict)
    etcd: ObservedEtcd = field(default_factory=ObservedEtcd)
    external_etcd: tuple[ExternalMember, ...] = ()
    api: bool = False
    ready_servers: frozenset[str] = frozenset()
    nodes: Mapping[str, ObservedNode] = field(default_factory=dict)
    objects: tuple[ObservedObject, ...] = ()
    uses: tuple[ObservedUse, ...] = ()
    left_by_rke: tuple[ObservedObject, ...] = ()
    remains: Mapping[str, tuple[ObservedObject, ...]] = field(default_factory=dict)
    client_cas: Mapping[str, str] = field(default_factory=dict)
    unready_pods: Mapping[str, str] = field(default_factory=dict)

    def node_ready(self, name: str) -> bool:
        """Tell whether there is such a node and it is Ready."""
        return name in self.nodes and self.nodes[name].ready

    def host(self, name: str) -> ObservedHost:
        """Return a host as it is, also one that leaves."""
        return self.hosts[name] if name in self.hosts else self.leaving[name]
