"""Which deed performs which step."""

from __future__ import annotations

from collections.abc import Mapping

from rke_py.plan import steps
from rke_py.plan.steps import Step
from rke_py.rollout.gate import Deed
from rke_py.rollout.steps import (
    addons,
    certificates,
    containers,
    departures,
    dockershim,
    encryption,
    etcd,
    files,
    migration,
    nodes,
    recovery,
    removal,
    restore,
    snapshots,
)

_DEEDS: Mapping[type, Deed] = {
    steps.WriteFiles: files.WRITE,
    steps.DeleteFiles: files.DELETE,
    steps.InstallCni: files.INSTALL_CNI,
    steps.CreateContainer: containers.CREATE,
    steps.CreateTogether: containers.CREATE_TOGETHER,
    steps.ReplaceContainer: containers.REPLACE,
    steps.StartContainer: containers.START,
    steps.RestartContainer: containers.RESTART,
    steps.ProveContainer: containers.PROVE,
    steps.ReloadContainer: containers.RELOAD,
    steps.RestorePolicy: containers.RESTORE_POLICY,
    steps.ProveCertificate: certificates.PROVE,
    steps.AwaitRootCa: certificates.AWAIT_ROOT_CA,
    steps.DropOldCas: certificates.DROP_OLD_CAS,
    steps.RestartWorkload: certificates.RESTART_WORKLOAD,
    steps.RenewTokens: certificates.RENEW_TOKENS,
    steps.RewriteValues: encryption.REWRITE,
    steps.ProveValues: encryption.PROVE,
    steps.RemoveContainer: containers.REMOVE,
    steps.RemovePods: removal.REMOVE_PODS,
    steps.CleanHost: removal.CLEAN,
    steps.LeaveAddons: removal.LEAVE,
    steps.CarryImages: migration.CARRY_IMAGES,
    steps.MigrateNode: migration.MIGRATE,
    steps.LeaveDockershim: dockershim.LEAVE,
    steps.ProvePods: migration.PROVE_PODS,
    steps.ForgetRke: migration.FORGET_RKE,
    steps.BootstrapEtcd: etcd.BOOTSTRAP,
    steps.JoinEtcd: etcd.JOIN,
    steps.RemoveEtcdMember: etcd.REMOVE_MEMBER,
    steps.SaveSnapshot: snapshots.SAVE,
    steps.KeepMemberData: recovery.KEEP,
    steps.ForceNewCluster: recovery.FORCE,
    steps.DefragmentEtcd: recovery.DEFRAGMENT,
    steps.DisarmAlarm: recovery.DISARM,
    steps.StopContainer: restore.STOP,
    steps.BringSnapshot: restore.BRING,
    steps.UnpackSnapshot: restore.UNPACK,
    steps.PrepareRestore: restore.PREPARE,
    steps.PutRestoredInPlace: restore.PUT_IN_PLACE,
    steps.PutOldBack: restore.PUT_BACK,
    steps.PruneReplaced: restore.PRUNE,
    steps.UploadSnapshot: snapshots.UPLOAD,
    steps.FetchSnapshot: snapshots.FETCH,
    steps.DeleteSnapshot: snapshots.DELETE,
    steps.PruneSnapshots: snapshots.PRUNE,
    steps.KeepState: snapshots.KEEP_STATE,
    steps.SetNode: nodes.SET,
    steps.DrainNode: nodes.DRAIN,
    steps.UncordonNode: nodes.UNCORDON,
    steps.ProveNode: nodes.PROVE,
    steps.CordonNode: nodes.CORDON,
    steps.DeleteNode: nodes.DELETE,
    steps.ProveOtherApiServers: departures.PROVE_OTHERS,
    steps.WriteKubeconfig: departures.WRITE_KUBECONFIG,
    steps.DropEtcdData: departures.DROP_DATA,
    steps.ForgetHost: departures.FORGET,
    steps.ApplyAddon: addons.APPLY,
}


def deed_for(step: Step) -> Deed:
    """Return how the step is done."""
    return _DEEDS[type(step)]
