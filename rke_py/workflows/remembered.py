"""What cluster.yml asks for, beside what the state remembers of the cluster."""

from __future__ import annotations

from rke_py.errors import StateError, UsageError
from rke_py.state.model import State
from rke_py.state.restore import again
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.loading import Asked, load_cluster, with_remembered

NO_CLUSTER = "Make the cluster with: rke-py up. Where there is one whose state was lost: rke-py state recover"


def running_version(state: State | None) -> str | None:
    """Return the version that was last applied in full, which a cluster.yml that names none keeps."""
    version = state.configuration.get("kubernetesVersion") if state else None
    return version if isinstance(version, str) and version else None


def version_beside(context: Context) -> str | None:
    """Return the version of the cluster whose state lies beside cluster.yml; None without one that can be read."""
    try:
        return running_version(StateStore(context.state_path).read())
    except StateError:
        return None


def existing(state: State | None, context: Context) -> State:
    """Return the state of a cluster that was made; raises UsageError where there is none."""
    if state is None:
        what = f"there is no {context.state_path.name} beside {context.config}"
        raise UsageError(what, hint=NO_CLUSTER)
    return state


def refuse_while_restoring(state: State) -> None:
    """Raise UsageError while a restore of etcd is half done: members may have different data."""
    restore = state.restore
    if restore is not None and not restore.reached:
        raise UsageError(str(restore), hint=again(restore))


def asked_of(context: Context, state: State | None, *, to_perform: bool = False, version: str = "") -> Asked:
    """Return what cluster.yml asks of a cluster, with its hosts as the state remembers them.

    Args:
        context: Where cluster.yml is.
        state: What is remembered.
        to_perform: Refuse what cannot be performed on hosts yet, instead of warning of it.
        version: A ``kubernetes_version`` to take instead of the file's own; none when empty.

    Raises:
        UsageError: There is no such file.
        ConfigError: Everything that is wrong with it.
    """
    read = load_cluster(
        context.config,
        text=context.text,
        running_version=running_version(state),
        to_perform=to_perform,
        version=version,
    )
    return with_remembered(read, state)
