"""``rke-py state pull | recover``: the state beside cluster.yml from what the cluster itself has of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from rke_py.errors import RkeError, StateError
from rke_py.pki.gather import lost
from rke_py.plan.checks.recovering import other_version
from rke_py.state.cluster_copy import copy_header
from rke_py.state.model import State
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.freshness import refuse_later
from rke_py.workflows.holder import this_process
from rke_py.workflows.proof import Proof
from rke_py.workflows.remains import Made, Remains
from rke_py.workflows.snapshot_sources import Wanted, wanted_snapshot
from rke_py.workflows.snapshot_state import state_of_snapshot


class Source(StrEnum):
    """What a state is made of again."""

    COPY = "copy"
    """The Secret in the cluster."""
    HOSTS = "hosts"
    """Files on the hosts."""
    SNAPSHOT = "snapshot"
    """Files on the hosts, and keys out of the state that lies beside a snapshot of etcd."""


_NAMES = {
    Source.COPY: "the copy in the cluster",
    Source.HOSTS: "the files of hosts",
    Source.SNAPSHOT: "the files of hosts and the state beside the snapshot",
}
_STATE = ".rkestate"
_FORCE = "Or fetch it all the same, which keeps the file that is there: rke-py state pull --force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A state that was fetched.

    Attributes:
        source: Where from; None when the file is as new as the copy, so that nothing was written.
        kept: Where the file lies that was there before; None when there was none.
        lost: Names of CAs whose private key is lost for good.
        missing: What else the state may lack, in words.
        passed: Why a better source could not be used.
        differing: What cluster.yml has otherwise than the cluster, and may mean so; empty when nothing.
    """

    source: Source | None
    serial: int
    proof: Proof = field(default_factory=Proof)
    kept: Path | None = None
    lost: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    differing: str = ""


def pull(context: Context, *, force: bool = False) -> Fetched:
    """Write the cluster's copy of the state beside cluster.yml when it is newer than the file there.

    Args:
        context: Where the files are and how hosts are reached.
        force: Fetch it although the file is newer, damaged, or another cluster's.

    Raises:
        StateError: The file is damaged, newer or of another cluster; or the copy is missing, damaged or does not fit.
        ApiError: No API server answers.
    """
    have = _readable(context) if force else StateStore(context.state_path).read()
    with Remains(context) as remains:
        content = remains.copy(remains.signed_in())
        if have is not None and not force:
            header = copy_header(content)
            refuse_later(header)
            if header.lineage != have.lineage:
                raise StateError("the state file is of another cluster than the copy in this one", hint=_FORCE)
            if header.serial < have.serial:
                what = f"the state file (serial {have.serial}) is newer than the copy (serial {header.serial})"
                raise StateError(what, hint=f"Tell the cluster of it with: rke-py state push. {_FORCE}")
            if header.serial == have.serial:
                return Fetched(source=None, serial=have.serial)
        return _written(Source.COPY, remains.of_copy(content, have), remains, context)


def recover(context: Context, source: Source | None = None, snapshot: str = "") -> Fetched:
    """Make a lost or damaged state again, from the best source there is or from a given one.

    Args:
        context: Where the files are and how hosts are reached.
        source: None tries the copy in the cluster first, then the files of hosts.
        snapshot: With ``Source.SNAPSHOT``: its name on the members or in S3, the path of its file, or of the state that
            lay beside it.

    Raises:
        PreflightError: cluster.yml has other names or addresses of hosts than the cluster; nothing was written.
        RkeError: None of them gives a state that fits the running cluster; nothing was written then.
    """
    have, passed = _readable(context), list[str]()
    before = _beside(context, snapshot) if source is Source.SNAPSHOT else None
    with Remains(context) as remains:
        remains.refuse_unlike()
        if before is not None:
            return _written(Source.SNAPSHOT, remains.of_hosts(have, before), remains, context)
        if source is not Source.HOSTS:
            try:
                content = remains.copy(remains.signed_in())
                return _written(Source.COPY, remains.of_copy(content, have), remains, context)
            except RkeError as error:
                if source is Source.COPY:
                    raise
                passed.append(f"{_NAMES[Source.COPY]}: {error.what}")
        return replace(_written(Source.HOSTS, remains.of_hosts(have), remains, context, passed), passed=tuple(passed))


def _written(source: Source, made: Made, remains: Remains, context: Context, passed: Sequence[str] = ()) -> Fetched:
    """Write a state that fits the running cluster, and keep the file that was there."""
    state = made.state
    proof = remains.proof(state)
    if proof.broken or not proof.held:
        raise StateError(
            f"what {_NAMES[source]} give does not fit the running cluster; nothing was written",
            evidence=(*passed, *proof.broken, *proof.untried),
            hint="Look whether cluster.yml names the hosts of this cluster.",
        )
    known = replace(state, etcd=replace(state.etcd, cluster_id=state.etcd.cluster_id or proof.cluster_id))
    kept = StateStore(context.state_path).put(known, this_process(context), context.clock.now())
    return Fetched(
        source=source,
        serial=known.serial,
        proof=proof,
        kept=kept,
        lost=lost(remains.cluster, known.bundle),
        missing=made.missing,
        differing=other_version(remains.version, known),
    )


def _beside(context: Context, snapshot: str) -> State:
    """Return the state that lies beside a snapshot."""
    path = Path(snapshot)
    wanted = Wanted(name=path.stem, path=path) if path.suffix == _STATE else wanted_snapshot(snapshot)
    with StateStore(context.state_path).locked(this_process(context), damaged=True) as saved:
        return state_of_snapshot(context, wanted, saved)


def _readable(context: Context) -> State | None:
    """Return the state beside cluster.yml, None when it is gone or damaged."""
    try:
        return StateStore(context.state_path).read()
    except StateError:
        return None
