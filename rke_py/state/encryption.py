"""A change of the encryption under way, and the keys of earlier ones, to and from their part of the state file."""

from __future__ import annotations

import json

from rke_py.errors import StateError
from rke_py.pki.encryption import EncryptionChange, Key
from rke_py.pki.rotation import Phase
from rke_py.state.documents import EncryptionChangeDocument, EncryptionDocument
from rke_py.state.json_text import JsonObject


def encryption_document(change: EncryptionChange | None, retired: tuple[Key, ...]) -> JsonObject:
    """Return their JSON form, without what there is none of."""
    under_way = (
        {
            "old": change.old,
            "new": change.new,
            "phase": str(change.phase),
            "began": change.began,
            "reached": change.reached,
        }
        if change
        else {}
    )
    keys = [{"provider": key.provider, "name": key.name, "section": json.loads(key.section)} for key in retired]
    return {**({"change": under_way} if under_way else {}), **({"retired": keys} if keys else {})}


def read_encryption_change(document: EncryptionChangeDocument | None) -> EncryptionChange | None:
    """Return the change of a JSON form.

    Raises:
        StateError: When it names a phase that this release does not know.
    """
    if document is None:
        return None
    try:
        phase = Phase(document.phase)
    except ValueError as error:
        raise StateError(f"the state file tells of a change of encryption that is not known: {error}") from None
    return EncryptionChange(
        old=document.old, new=document.new, phase=phase, began=document.began, reached=document.reached
    )


def read_retired(document: EncryptionDocument) -> tuple[Key, ...]:
    """Return the retired keys of a JSON form."""
    return tuple(
        Key(provider=key.provider, name=key.name, section=json.dumps(key.section, sort_keys=True))
        for key in document.retired
    )
