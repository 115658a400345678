"""Whether the state beside cluster.yml is the latest: the copy in the cluster tells."""

from __future__ import annotations

from pydantic import SecretStr

from rke_py.errors import Problem, StateError
from rke_py.kube.interface import KubernetesApi
from rke_py.state.cluster_copy import CopyHeader, copy_header, is_sealed
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
_ANEW = "The next run that finishes writes it anew."
_LATER = "Use that release: this one would lose what it does not know of."
_OF_RKE = "the copy of the state in the cluster is one that RKE wrote with another CA than the state file's"
_EXPOSED = Problem(
    where="",
    what="RKE keeps the cluster's keys, those of the CAs too, in the ConfigMap kube-system/full-cluster-state, which "
    "more accounts may read than a Secret (CVE-2023-32191)",
    hint="The next rke-py up that finishes moves them into a Secret of that name. Whoever read them has them yet, so "
    "make them worthless: rke-py cert rotate --rotate-ca",
    warning=True,
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
        Warnings when the copy cannot be read, RKE left it behind, or too many can read it: the next run writes it anew.

    Raises:
        StateError: It is older, or of another cluster; or a later release of rke-py wrote the copy.
    """
    return (*judge(state, api.read_copy()), *((_EXPOSED,) if api.exposed_copy() is not None else ()))


def judge(state: State, content: bytes | None) -> tuple[Problem, ...]:
    """Decide what a copy in the cluster says about a state beside it.

    RKE saves its copy before it restarts anything, and goes on where that fails: one of another CA may be of the time
    before RKE rotated it. Whether the hosts carry the state's CA is seen on them in any case.

    Returns:
        A warning of a copy that the next run writes anew.

    Raises:
        StateError: What speaks against the state.
    """
    header = _read(content)
    if header is None:
        return ()
    if isinstance(header, Problem):
        return (header,)
    if header.lineage != state.lineage and header.by_rke:
        return (Problem(where="", what=_OF_RKE, hint=_ANEW, warning=True),)
    if header.lineage != state.lineage:
        raise StateError("the state file is of another cluster than the copy of the state in this one", hint=_FOREIGN)
    if header.serial > state.serial:
        what = f"the state file (serial {state.serial}) is older than the copy in the cluster (serial {header.serial})"
        raise StateError(what, hint=_PULL)
    return ()


def header_of(content: bytes | None) -> CopyHeader | None:
    """Return what a copy tells; None where there is none, or it is damaged.

    Raises:
        StateError: A later release of rke-py wrote it.
    """
    found = _read(content)
    return found if isinstance(found, CopyHeader) else None


def refuse_later(header: CopyHeader) -> None:
    """Refuse to judge a copy that a later release of rke-py wrote; raises StateError."""
    if header.later:
        raise StateError("a later release of rke-py wrote the copy of the state in the cluster", hint=_LATER)


def refuse_readable(content: bytes | None, key: SecretStr | None) -> None:
    """Refuse to replace an encrypted copy by one that whoever may read Secrets can read; raises StateError."""
    if content is not None and is_sealed(content) and key is None:
        raise StateError("the copy of the state in the cluster is encrypted, and there is no state key", hint=_KEY)


def next_serial(*known: int) -> int:
    """Return the serial number of a state that is fetched: beyond all that are known, and whatever followed them."""
    return (max(known, default=0) // STEP + 1) * STEP


def _read(content: bytes | None) -> CopyHeader | Problem | None:
    """Return what a copy tells, or that it is damaged; raises StateError when a later release wrote it."""
    if content is None:
        return None
    try:
        header = copy_header(content)
    except StateError as error:
        return Problem(where="", what=error.what, hint=_ANEW, warning=True)
    refuse_later(header)
    return header
