"""A snapshot as the JSON gateway streams it: lines of JSON in, the verified bytes of a database out."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator

from rke_py.errors import EtcdError

_DIGEST = hashlib.sha256().digest_size


def verified(chunks: Iterable[bytes], where: str) -> Iterator[bytes]:
    """Yield what the stream carries; raise EtcdError at its end when it is not whole.

    etcd sends the database and then the SHA-256 of it, and says with each piece how much of the database is left.
    """
    digest = hashlib.sha256()
    tail = b""
    remaining = -1
    for line in _lines(chunks):
        message = json.loads(line)
        if "result" not in message:
            error = message.get("error", {})
            raise EtcdError(str(error.get("message", error)), code=int(error.get("code", 0)), where=where)
        result = message["result"]
        remaining = int(result.get("remaining_bytes", 0))
        blob = base64.b64decode(result.get("blob", ""))
        yield blob
        tail += blob
        digest.update(tail[:-_DIGEST])
        tail = tail[-_DIGEST:]
    if remaining != 0 or digest.digest() != tail:
        raise EtcdError("the snapshot is not whole: its checksum does not fit what was received", where=where)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    kept: list[bytes] = []
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        kept.append(first)
        for other in others:
            yield from _not_empty(b"".join(kept))
            kept = [other]
    yield from _not_empty(b"".join(kept))


def _not_empty(line: bytes) -> Iterator[bytes]:
    if line.strip():
        yield line
