"""Which images a step needs on its host."""

from __future__ import annotations

from rke_py.plan.steps import (
    BootstrapEtcd,
    BringSnapshot,
    CarryImages,
    CleanHost,
    CreateContainer,
    CreateTogether,
    DeleteFiles,
    DeleteSnapshot,
    DrainNode,
    DropEtcdData,
    FetchSnapshot,
    ForceNewCluster,
    InstallCni,
    JoinEtcd,
    KeepMemberData,
    KeepState,
    LeaveAddons,
    LeaveDockershim,
    MigrateNode,
    PrepareRestore,
    PruneReplaced,
    PruneSnapshots,
    PutOldBack,
    PutRestoredInPlace,
    RemovePods,
    ReplaceContainer,
    SaveSnapshot,
    Step,
    UnpackSnapshot,
    UploadSnapshot,
    WriteFiles,
)


def images_of(step: Step) -> tuple[str, ...]:
    """Return the images that a step needs on its host, those of helper containers among them."""
    match step:
        case WriteFiles():
            return (step.carrier,)
        case DrainNode():
            return step.images
        case (
            DeleteFiles()
            | DropEtcdData()
            | InstallCni()
            | RemovePods()
            | CleanHost()
            | LeaveAddons()
            | SaveSnapshot()
            | BringSnapshot()
            | UnpackSnapshot()
            | PrepareRestore()
            | PutRestoredInPlace()
            | PutOldBack()
            | PruneReplaced()
            | KeepMemberData()
            | CarryImages()
        ):
            return (step.tools,)
        case DeleteSnapshot() | FetchSnapshot() | KeepState() | PruneSnapshots() | UploadSnapshot():
            return (step.tools,)
        case CreateTogether():
            return tuple(spec.image for spec in step.specs)
        case MigrateNode():
            return (*(spec.image for spec in step.specs), step.tools)
        case LeaveDockershim():
            return (step.spec.image, step.tools, step.pause)
        case CreateContainer() | ReplaceContainer() | BootstrapEtcd() | JoinEtcd() | ForceNewCluster():
            return (step.spec.image,)
    return ()
