"""``rke-py state push``: the copy of the state in the cluster from the file beside cluster.yml."""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.errors import ApiError, StateError, UsageError
from rke_py.state.cluster_copy import copy_header
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.freshness import judge, refuse_readable
from rke_py.workflows.holder import this_process
from rke_py.workflows.lease import held_lease
from rke_py.workflows.proof import Proof
from rke_py.workflows.remains import Remains
from rke_py.workflows.work import copy_to_keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What became of the copy in the cluster; ``changed`` is False when it said the same already."""

    serial: int
    changed: bool
    proof: Proof


def push(context: Context, *, force: bool = False) -> Pushed:
    """Write the state beside cluster.yml into the cluster, once it is proved to be this cluster's.

    Args:
        context: Where the files are and how hosts are reached.
        force: Replace a copy that is newer, damaged, or of another lineage.

    Raises:
        UsageError: There is no state.
        StateError: It does not fit the running cluster, or is older than the copy; or another run holds one of them.
        ApiError: No API server answers.
    """
    with StateStore(context.state_path).locked(this_process(context)) as saved, Remains(context) as remains:
        if saved.state is None:
            raise UsageError(f"there is no {context.state_path.name} beside {context.config}", hint=_RECOVER)
        proof = remains.proof(saved.state)
        if proof.broken:
            raise StateError("the state does not fit the running cluster", evidence=proof.broken, hint=_RECOVER)
        access = remains.access(saved.state.bundle)
        if not access.api.ready():
            raise ApiError("no API server of the cluster answers", hint="Look closer with: rke-py status")
        with held_lease(access, context, api=True):
            there, copy = access.api.read_copy(), copy_to_keep(remains.cluster, saved.state, context)
            if there is not None and not force:
                copy_header(there)  # one that is damaged is replaced by force alone
                judge(saved.state, there)
                refuse_readable(there, context.state_key)
            access.api.write_copy(copy)
        return Pushed(serial=saved.state.serial, changed=there != copy, proof=proof)


_RECOVER = "Make it again from what the cluster has: rke-py state recover"
