"""Steps by which a cluster leaves RKE's own releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rke_py.plan.containers import Check, ContainerSpec
from rke_py.plan.observed import ObservedObject
from rke_py.plan.steps.containers import ReplaceContainer
from rke_py.plan.steps.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryImages(OnHost):
    """Bring the images of the node's pods from Docker to containerd, before any of them is touched.

    Attributes:
        tools: The tools image.
        docker_socket: Of the host, empty for the usual one.
    """

    tools: str
    docker_socket: str = ""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "bring its pods' images to containerd"


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateNode(OnHost):
    """Put our kubelet, kube-proxy and API proxy in the place of RKE's, with every pod made anew in containerd.

    RKE's are kept aside until the node is Ready, and come back with their pods in Docker when it does not become so.

    Attributes:
        specs: Our containers, in the order in which they are started.
        old: RKE's that run, in that order.
        leftover: RKE's that never run: they go last.
        checks: How RKE's are proved when they come back, by name.
        tools: The tools image.
        version: The kubelet version that the node has to report.
        before: The one that it reports now, empty where nobody knows.
        timeout: Seconds in which the node has to be Ready: Kubernetes deletes the pods that stayed on it 300 s after it
            was seen to be gone, and until then it may be put back with them.
        grace: Seconds that pods get to end which ask for no time of their own.
    """

    specs: tuple[ContainerSpec, ...]
    old: tuple[str, ...]
    leftover: tuple[str, ...]
    checks: Mapping[str, Check] = field(default_factory=dict)
    tools: str
    version: str
    before: str = ""
    timeout: int = 120
    grace: int = 30

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "move the node and its pods to containerd"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveDockershim(ReplaceContainer):
    """Put a kubelet that reaches pods through cri-dockerd in the place of one with dockershim, every pod made anew.

    The old one is kept aside until the node is Ready, and comes back with its pods when it does not become so.

    Attributes:
        tools: The tools image.
        version_before: The kubelet version that the node reports now, empty where nobody knows.
        pause: The image that every pod's sandbox is made from: without it none that ended comes back.
        timeout: Seconds in which the node has to be Ready, as in ``MigrateNode``.
        grace: Seconds that pods get to end which ask for no time of their own.
    """

    tools: str
    pause: str
    version_before: str = ""
    timeout: int = 120
    grace: int = 30

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "move the node and its pods to cri-dockerd"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvePods(OnHost):
    """Wait until the pods that stayed on the node are Ready again.

    Attributes:
        unready: Pods, as ``namespace/name``, that were not when the run began.
        in_docker: Whether they run in Docker as before, though in other containers.
        timeout: Seconds.
    """

    unready: frozenset[str]
    in_docker: bool = False
    timeout: int = 300

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "prove its pods"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetRke(OnHost):
    """Delete what RKE's jobs and its shared identity of nodes need in the cluster, once nobody rests on it.

    Attributes:
        section: Of cluster.yml, where it is only of this one.
    """

    objects: tuple[ObservedObject, ...]
    section: str = ""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"delete what RKE left {f'of {self.section}' if self.section else 'in the cluster'}"
