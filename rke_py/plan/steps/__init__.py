"""Everything a run can do to a host or to the cluster, as values.

A step is data: the preview prints it and ``rollout/steps`` performs it, so the two cannot drift apart. ``why`` says
what was found that makes it necessary; ``title`` is what an operator reads while it happens.
"""

from __future__ import annotations

from rke_py.plan.steps.addons import ApplyAddon, SaveClusterCopy
from rke_py.plan.steps.cleaning import CleanHost, LeaveAddons, RemovePods
from rke_py.plan.steps.containers import (
    CreateContainer,
    CreateTogether,
    ProveContainer,
    ReloadContainer,
    RemoveContainer,
    ReplaceContainer,
    RestartContainer,
    RestorePolicy,
    StartContainer,
    TakesDown,
)
from rke_py.plan.steps.departures import (
    CordonNode,
    DeleteNode,
    DropEtcdData,
    ForgetHost,
    ProveOtherApiServers,
    WriteKubeconfig,
)
from rke_py.plan.steps.encryption import ProveValues, RewriteValues
from rke_py.plan.steps.etcd import BootstrapEtcd, JoinEtcd, RemoveEtcdMember, SaveSnapshot
from rke_py.plan.steps.files import DeleteFiles, InstallCni, WriteFiles
from rke_py.plan.steps.migration import CarryImages, ForgetRke, LeaveDockershim, MigrateNode, ProvePods
from rke_py.plan.steps.nodes import DrainNode, ProveNode, SetNode, UncordonNode
from rke_py.plan.steps.recovery import (
    DefragmentEtcd,
    DisarmAlarm,
    ForceNewCluster,
    KeepMemberData,
    RecoveryStep,
)
from rke_py.plan.steps.restore import (
    BringSnapshot,
    PrepareRestore,
    PruneReplaced,
    PutOldBack,
    PutRestoredInPlace,
    RestoreStep,
    StopContainer,
    UnpackSnapshot,
)
from rke_py.plan.steps.rotation import AwaitRootCa, DropOldCas, ProveCertificate, RenewTokens, RestartWorkload, Workload
from rke_py.plan.steps.snapshots import DeleteSnapshot, FetchSnapshot, KeepState, PruneSnapshots, UploadSnapshot

__all__ = [
    "ApplyAddon",
    "AwaitRootCa",
    "BootstrapEtcd",
    "BringSnapshot",
    "CarryImages",
    "CleanHost",
    "ContainerStep",
    "CordonNode",
    "CreateContainer",
    "CreateTogether",
    "DefragmentEtcd",
    "DeleteFiles",
    "DeleteNode",
    "DeleteSnapshot",
    "DepartureStep",
    "DisarmAlarm",
    "DrainNode",
    "DropEtcdData",
    "DropOldCas",
    "EncryptionStep",
    "EtcdStep",
    "FetchSnapshot",
    "ForceNewCluster",
    "ForgetHost",
    "ForgetRke",
    "InstallCni",
    "JoinEtcd",
    "KeepMemberData",
    "KeepState",
    "LeaveAddons",
    "LeaveDockershim",
    "MigrateNode",
    "PrepareRestore",
    "ProveCertificate",
    "ProveContainer",
    "ProveNode",
    "ProveOtherApiServers",
    "ProvePods",
    "ProveValues",
    "PruneReplaced",
    "PruneSnapshots",
    "PutOldBack",
    "PutRestoredInPlace",
    "RecoveryStep",
    "ReloadContainer",
    "RemoveContainer",
    "RemoveEtcdMember",
    "RemovePods",
    "RenewTokens",
    "ReplaceContainer",
    "RestartContainer",
    "RestartWorkload",
    "RestorePolicy",
    "RestoreStep",
    "RewriteValues",
    "SaveClusterCopy",
    "SaveSnapshot",
    "SetNode",
    "SnapshotStep",
    "StartContainer",
    "Step",
    "StopContainer",
    "TakesDown",
    "UncordonNode",
    "UnpackSnapshot",
    "UploadSnapshot",
    "Workload",
    "WriteFiles",
    "WriteKubeconfig",
]

ContainerStep = (
    CreateContainer
    | ReplaceContainer
    | StartContainer
    | RestartContainer
    | ProveContainer
    | ReloadContainer
    | RestorePolicy
)
DepartureStep = CordonNode | DeleteNode | DropEtcdData | ForgetHost | ProveOtherApiServers | WriteKubeconfig
SnapshotStep = DeleteSnapshot | FetchSnapshot | KeepState | PruneSnapshots | UploadSnapshot
EncryptionStep = ProveValues | RewriteValues
EtcdStep = BootstrapEtcd | JoinEtcd | RemoveEtcdMember | SaveSnapshot
Step = (
    ProveCertificate
    | AwaitRootCa
    | DropOldCas
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
    | CarryImages
    | MigrateNode
    | LeaveDockershim
    | ProvePods
    | ForgetRke
    | EtcdStep
    | RestoreStep
    | RecoveryStep
    | SnapshotStep
    | EncryptionStep
    | SetNode
    | ProveNode
    | DrainNode
    | UncordonNode
    | ApplyAddon
    | SaveClusterCopy
    | DepartureStep
)
