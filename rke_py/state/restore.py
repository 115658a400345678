"""A restore of etcd that was begun: what the hosts alone do not tell of it, to and from its part of the state file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rke_py.errors import StateError
from rke_py.state.documents import RestoreDocument


class RestorePhase(StrEnum):
    """How far a restore came, as far as it decides what the next run does."""

    FORWARD = "forward"
    """The snapshot is on its way in; the next run goes on with it."""
    BACK = "back"
    """It failed, or nobody wants it any more: the next run puts the old data back."""
    REACHED = "reached"
    """An API server answered from the restored data: there is no way back but another restore."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """A restore under way.

    Attributes:
        snapshot: Its name on the hosts.
        asked: What the operator typed: the snapshot's name, a file or a URL.
        token: The new etcd cluster's token, and the restore's id; begins with its time, ``20261126T071500Z-``.
        bump: By how much revisions go up.
        sha256: The snapshot's checksum.
    """

    snapshot: str
    asked: str
    token: str
    bump: int
    sha256: str
    phase: RestorePhase = RestorePhase.FORWARD

    @property
    def reached(self) -> bool:
        """True once an API server answered from the restored data: others may have written to them since."""
        return self.phase is RestorePhase.REACHED

    def __str__(self) -> str:
        if self.reached:
            return f"a restore of {self.asked} was begun and not finished; its data are in use"
        if self.phase is RestorePhase.BACK:
            return f"the restore of {self.asked} is being taken back"
        return f"a restore of {self.asked} was begun and not finished"


def put_back(restore: Restore) -> str:
    """Return the command that takes it back."""
    return f"rke-py etcd snapshot restore {restore.asked} --put-back"


def again(restore: Restore) -> str:
    """Say with which commands it is finished, one way or the other."""
    if restore.phase is RestorePhase.BACK:
        return f"Finish that with: {put_back(restore)}"
    finish = f"Finish it with: rke-py etcd snapshot restore {restore.asked}"
    return (
        f"{finish}, which only does what is left"
        if restore.reached
        else f"{finish}. Or put the old data back with: {put_back(restore)}"
    )


def restore_document(restore: Restore) -> dict[str, object]:
    """Return its JSON form."""
    return {
        "snapshot": restore.snapshot,
        "asked": restore.asked,
        "token": restore.token,
        "bump": restore.bump,
        "sha256": restore.sha256,
        "phase": str(restore.phase),
    }


def read_restore(document: RestoreDocument) -> Restore:
    """Return the restore of a JSON form; raises StateError for a phase that this release does not know."""
    try:
        phase = RestorePhase(document.phase)
    except ValueError as error:
        raise StateError(f"the state file tells of a restore that is not known: {error}") from None
    return Restore(
        snapshot=document.snapshot,
        asked=document.asked,
        token=document.token,
        bump=document.bump,
        sha256=document.sha256,
        phase=phase,
    )
