"""Whether the state beside cluster.yml is the latest: the copy in the cluster tells."""

from __future__ import annotations

from pydantic import SecretStr

from rke_py.errors import Problem, StateError
from rke_py.kube.interface import KubernetesApi
from rke_py.state.cluster_copy import CopyHeader, copy_header
from rke_py.state.model import State

STEP = 1000
"""From one serial number that a state fetched from the cluster gets to the next such number.

What somebody saved elsewhere meanwhile, and the cluster was never told, so counts as older and not as newer.
"""

_PULL = "Somebody else changed this cluster since. Fetch its state with: rke-py state pull"
_KEY = (
    "Give the key by RKE_PY_STATE_KEY or RKE_PY_STATE_KEY_FILE. Without it the cluster's keys would lie where whoever "
    "may read Secrets reads them; if that is meant: rke-py state push --force"
)
_FOREIGN = (
    "Put the cluster's own file back, or fetch it with: rke-py state recover. When this file is right, and the copy is "
    "not: rke-py state push --force"
)


def refuse_outdated_state(api: KubernetesApi, state: State) -> tuple[Problem, ...]:
    """Refuse a state that is older than the cluster's copy of it, or another cluster's.

    Args:
        api: An API server that answers.
        state: The state as read, or with a change that is not saved yet.

    Returns:
        A warning when the copy cannot be read.

    Raises:
        StateError: It is older, or of another cluster.
    """
    content = api.read_copy()
    if content is None:
        return ()
    try:
        header = copy_header(content)
    except StateError as error:
        hint = "The next run that finishes writes it anew."
        return (Problem(where="", what=error.what, hint=hint, warning=True),)
    fault = outdated(state, header)
    if fault is not None:
        raise fault
    return ()


def readable(header: CopyHeader, key: SecretStr | None) -> StateError | None:
    """Return what speaks against a new copy that whoever may read Secrets can read; None without an encrypted one."""
    if header.encrypted and key is None:
        return StateError("the copy of the state in the cluster is encrypted, and there is no state key", hint=_KEY)
    return None


def outdated(state: State, header: CopyHeader) -> StateError | None:
    """Return what speaks against a state beside a copy in the cluster; None when nothing does."""
    if header.lineage != state.lineage:
        return StateError("the state file is of another cluster than the copy of the state in this one", hint=_FOREIGN)
    if header.serial > state.serial:
        what = f"the state file (serial {state.serial}) is older than the copy in the cluster (serial {header.serial})"
        return StateError(what, hint=_PULL)
    return None


def next_serial(*known: int) -> int:
    """Return the serial number of a state that is fetched: beyond all that are known, and whatever followed them."""
    return (max(known, default=0) // STEP + 1) * STEP
