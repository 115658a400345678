"""A rotation under way, to and from its part of the state file."""

from __future__ import annotations

from rke_py.errors import StateError
from rke_py.pki.rotation import Kind, Phase, Rotation
from rke_py.state.certificates import bundle_document, read_bundle
from rke_py.state.documents import RotationDocument


def rotation_document(rotation: Rotation) -> dict[str, object]:
    """Return its JSON form."""
    return {
        "kind": str(rotation.kind),
        "phase": str(rotation.phase),
        "services": list(rotation.services),
        "began": rotation.began,
        "since": rotation.since,
        "reached": rotation.reached,
        "new": bundle_document(rotation.new),
        **({"old": rotation.old} if rotation.old else {}),
        **({"answered": True} if rotation.answered else {}),
    }


def read_rotation(document: RotationDocument) -> Rotation:
    """Return the rotation of a JSON form.

    Raises:
        StateError: When it names a kind or a phase that this release does not know.
    """
    try:
        kind, phase = Kind(document.kind), Phase(document.phase)
    except ValueError as error:
        raise StateError(f"the state file tells of a rotation that is not known: {error}") from None
    return Rotation(
        kind=kind,
        phase=phase,
        services=tuple(document.services),
        began=document.began,
        since=document.since,
        reached=document.reached,
        new=read_bundle(document.new),
        old=document.old,
        answered=document.answered,
    )
