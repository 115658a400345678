from __future__ import annotations

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rke_py.errors import EtcdError
from rke_py.kube.etcd.snapshot import verified


def stream(database: bytes, size: int, *, digest: bytes | None = None) -> bytes:
    """What the gateway sends: the database in pieces, then its checksum."""
    pieces = [database[start : start + size] for start in range(0, len(database), size)]
    left, lines = len(database), []
    for piece in pieces:
        left -= len(piece)
        lines.append(message(piece, left))
    return b"".join([*lines, message(digest or hashlib.sha256(database).digest(), left)])


def message(blob: bytes, remaining: int) -> bytes:
    result = {"blob": base64.b64encode(blob).decode()} | ({"remaining_bytes": str(remaining)} if remaining else {})
    return json.dumps({"result": result}).encode() + b"\n"


def chunks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(database=st.binary(min_size=1, max_size=300), piece=st.integers(1, 100), chunk=st.integers(1, 200))
def test_a_whole_snapshot_comes_out_however_it_was_cut(database, piece, chunk):
    sent = stream(database, piece)
    received = b"".join(verified(chunks(sent, chunk), "node-1"))
    assert received == database + hashlib.sha256(database).digest()


@given(database=st.binary(min_size=1, max_size=300), piece=st.integers(1, 100), data=st.data())
def test_a_snapshot_that_ends_early_is_refused(database, piece, data):
    lines = stream(database, piece).splitlines(keepends=True)
    kept = data.draw(st.integers(0, len(lines) - 1))
    with pytest.raises(EtcdError, match="not whole"):
        list(verified(lines[:kept], "node-1"))


def test_a_snapshot_that_does_not_fit_its_checksum_is_refused():
    sent = stream(b"database", 4, digest=hashlib.sha256(b"another").digest())
    with pytest.raises(EtcdError, match="not whole"):
        list(verified([sent], "node-1"))


def test_an_error_in_the_middle_of_the_stream_is_etcds_own():
    sent = message(b"data", 100) + b'{"error":{"code":14,"message":"etcdserver: stopped"}}\n'
    with pytest.raises(EtcdError, match="etcdserver: stopped") as error:
        list(verified([sent], "node-1"))
    assert error.value.code == 14
