"""Everything a run can do to a host or to the cluster, as values.

A step is data: the preview prints it and ``rollout/steps`` performs it, so the two cannot drift apart. ``why`` says
what was found that makes it necessary; ``title`` is what an operator reads while it happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rke_py.cluster.model import DrainInput, Taint
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.departure_steps import CordonNode as CordonNode
from rke_py.plan.departure_steps import DeleteNode as DeleteNode
from rke_py.plan.departure_steps import DropEtcdData as DropEtcdData
from rke_py.plan.departure_steps import ForgetHost as ForgetHost
from rke_py.plan.departure_steps import ProveOtherApiServers as ProveOtherApiServers
from rke_py.plan.departure_steps import WriteKubeconfig as WriteKubeconfig
from rke_py.plan.files import FileSpec
from rke_py.plan.on_host import OnHost


@dataclass(frozen=True, slots=True, kw_only=True)
class PullImage(OnHost):
    """Bring an image to the host's Docker."""

    image: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"pull {self.image}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteFiles(OnHost):
    """Write files, in order; parents are made.

    Attributes:
        carrier: Image of the container through which they are written.
    """

    files: tuple[FileSpec, ...]
    carrier: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"write {_count(len(self.files), 'file')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteFiles(OnHost):
    """Delete files of ours that nothing reads any more."""

    paths: tuple[str, ...]
    tools: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"delete {_count(len(self.paths), 'file')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallCni(OnHost):
    """Put the standard CNI plugins, which every pod network calls, into the host's ``/opt/cni/bin``."""

    tools: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "install the CNI plugins"


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnContainer(OnHost):
    """A step on one container of a host."""

    spec: ContainerSpec

    @property
    def name(self) -> str:
        """The container's name."""
        return self.spec.name


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateContainer(_OnContainer):
    """Create, start and prove a container that is not there."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"start {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTogether(OnHost):
    """Create and start several containers that are not there, then prove each: none waits for another's proof."""

    specs: tuple[ContainerSpec, ...]

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"start {', '.join(spec.name for spec in self.specs)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceContainer(_OnContainer):
    """Put a new container in the place of one that differs; the old one comes back when the new one fails.

    Attributes:
        changed: Names of the fields that differ; empty when an unfinished replacement is continued.
    """

    changed: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"replace {self.name}" if self.changed else f"finish replacing {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartContainer(_OnContainer):
    """Start and prove a container that is as wanted but does not run."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"start {self.name} again"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartContainer(_OnContainer):
    """Restart and prove a container that runs with files older than those on the host."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"restart {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadContainer(_OnContainer):
    """Tell a container to read its configuration again.

    Attributes:
        files: The files it takes up. Their time is written back to before the container's start once the signal was
            sent, so that only a signal that was not sent is seen by the next run.
        carrier: Image of the container through which they are written.
    """

    files: tuple[FileSpec, ...]
    carrier: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"reload {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveCertificate(OnHost):
    """Wait until a running server shows the certificate that was written for it.

    Attributes:
        name: The container's.
        certificate: The certificate's name in the inventory.
    """

    name: str
    port: int
    certificate: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"wait until {self.name} shows its new certificate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What makes pods anew: a Deployment, a DaemonSet, ...; kind ``Pod`` for one that nobody would."""

    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def restarts(self) -> bool:
        """True when its pods can be had anew by changing its template."""
        return self.kind in ("Deployment", "DaemonSet", "StatefulSet")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartWorkload(OnHost):
    """Have a workload's pods made anew, in its own way of updating itself, and wait until they work.

    Attributes:
        mark: What the restart is for; the same one is done once.
        timeout: Seconds it may take.
    """

    workload: Workload
    mark: str
    timeout: int

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"restart {self.workload}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitRootCa(OnHost):
    """Wait until the pods of every namespace are given the CA certificates as they are wanted."""

    timeout: int = 120

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "wait until every namespace has the new CA"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewTokens(OnHost):
    """Have the tokens in Secrets signed by the service-account key that is wanted."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "renew the tokens in Secrets"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePolicy(_OnContainer):
    """Give a container back the restart policy that an interrupted run took away."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"set the restart policy of {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveContainer(OnHost):
    """Stop and remove a container of ours that the host should not carry."""

    name: str
    grace: int = 30

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"remove {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePods(OnHost):
    """Stop and remove every pod of the host through its container runtime, networks included."""

    tools: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "remove the pods"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanHost(OnHost):
    """Remove mounts, folders, interfaces and rules of ours, and prove that the host is as it was found.

    Attributes:
        networks: The pods' and Services' ranges, whose tracked connections are forgotten.
        snapshots: Whether the etcd snapshots go too.
    """

    tools: str
    networks: tuple[str, ...]
    snapshots: bool

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "clean the host" + (", snapshots too" if self.snapshots else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveAddons(OnHost):
    """Remove what add-ons that are gone left on the host; have the pods made anew that still rest on them.

    Attributes:
        leaving: Names of add-ons whose traces go.
        staying: The add-on whose traces stay, even where the two share some; empty for none.
        networks: The pods' ranges.
        renew_pods: Whether the pods are made anew, with network and DNS as they are now.
        grace: Seconds they get to end.
    """

    tools: str
    leaving: tuple[str, ...]
    staying: str
    networks: tuple[str, ...]
    renew_pods: bool
    grace: int = 30

    @property
    def title(self) -> str:
        """What an operator reads."""
        what = f"remove what {self.leaving[0] if len(self.leaving) == 1 else 'other add-ons'} left"
        return f"{what}, and make the pods anew" if self.renew_pods else what


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapEtcd(_OnContainer):
    """Make the etcd cluster: its first member, alone, once in the cluster's life."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "bootstrap etcd"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinEtcd(_OnContainer):
    """Add the host's member as a learner, start it and promote it.

    Attributes:
        stale: Ids of members to remove first: this host's earlier member whose data is gone.
    """

    stale: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "join etcd"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveEtcdMember(OnHost):
    """Take a member out of the cluster by its id."""

    member: str
    name: str

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"remove etcd member {self.name or self.member}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSnapshot(OnHost):
    """Take a snapshot of the host's etcd member and verify it where it lies, in ``/opt/rke/etcd-snapshots``.

    Attributes:
        name: What it is called, without an ending; the same on every member.
        line: etcd's line, whose programs read it: ``3.6``.
        own: Name of the certificate that is shown to the member.
        about: What its manifest says of the cluster: ``lineage``, ``kubernetes``, ``member``.
        keep: For an automatic one, how many of these stay on the host; 0 for one that somebody asked for.
    """

    name: str
    tools: str
    line: str
    own: str
    about: Mapping[str, str]
    keep: int = 0

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "take and verify a snapshot of etcd"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNode(OnHost):
    """Give the Node object its labels, taints and annotations, and take away those that earlier runs set."""

    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "set labels and taints"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProveNode(OnHost):
    """Wait until the node is Ready, and freshly so.

    Attributes:
        version: The kubelet version it has to report.
    """

    version: str
    timeout: int = 300

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "wait until the node is Ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainNode(OnHost):
    """Keep new pods away from the node and evict those it has, within their disruption budgets."""

    options: DrainInput

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "cordon and drain the node"


@dataclass(frozen=True, slots=True, kw_only=True)
class UncordonNode(OnHost):
    """Let pods onto the node again, if it was we who kept them away."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "uncordon the node"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyAddon(OnHost):
    """Apply an add-on's objects, prune those that left, and wait until it works.

    Attributes:
        timeout: Seconds it may take to work; 0 does not wait, where nothing can work yet.
    """

    addon: str
    objects: tuple[Mapping[str, object], ...] = field(repr=False)
    timeout: int

    @property
    def title(self) -> str:
        """What an operator reads."""
        return f"apply {self.addon}" if self.objects else f"remove {self.addon}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveClusterCopy(OnHost):
    """Keep a copy of the state inside the cluster."""

    @property
    def title(self) -> str:
        """What an operator reads."""
        return "save the state in the cluster"


ContainerStep = CreateContainer | ReplaceContainer | StartContainer | RestartContainer | ReloadContainer | RestorePolicy
DepartureStep = CordonNode | DeleteNode | DropEtcdData | ForgetHost | ProveOtherApiServers | WriteKubeconfig
EtcdStep = BootstrapEtcd | JoinEtcd | RemoveEtcdMember | SaveSnapshot
Step = (
    PullImage
    | ProveCertificate
    | AwaitRootCa
    | RestartWorkload
    | RenewTokens
    | WriteFiles
    | DeleteFiles
    | InstallCni
    | CreateTogether
    | ContainerStep
    | RemoveContainer
    | RemovePods
    | CleanHost
    | LeaveAddons
    | EtcdStep
    | SetNode
    | ProveNode
    | DrainNode
    | UncordonNode
    | ApplyAddon
    | SaveClusterCopy
    | DepartureStep
)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
