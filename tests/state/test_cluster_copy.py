import gzip
import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from rke_py.errors import StateError
from rke_py.pki.inventory import KEPT
from rke_py.pki.model import Credential
from rke_py.state.cluster_copy import LARGEST, CopyHeader, cluster_copy, copy_for_rke, copy_header, read_copy
from rke_py.state.codec import adopt, decode
from rke_py.state.model import HostRecord, State

KEY = SecretStr("correct horse battery staple")
LEAVES = ("kube-admin", "kube-node-192-0-2-1")
BUNDLE = {
    name: Credential(name=name, certificate=f"{name} certificate", key=SecretStr(f"{name} key"))
    for name in sorted(KEPT) + list(LEAVES)
}
STATE = State(
    lineage="4f2a",
    serial=7,
    bundle=BUNDLE,
    applied=BUNDLE,
    desired={"clusterName": "prod"},
    configuration={"clusterName": "prod"},
    encryption="kind: E",
    hosts={"n1": HostRecord(address="192.0.2.1", roles=frozenset({"etcd"}), node={"address": "192.0.2.1"})},
)
ROOTS = replace(STATE, bundle={name: BUNDLE[name] for name in sorted(KEPT)}, applied={})
KEYS = [pytest.param(None, id="readable"), pytest.param(KEY, id="encrypted")]


@pytest.mark.parametrize("key", KEYS)
def test_it_holds_everything_but_what_can_be_issued_again(key: SecretStr | None) -> None:
    assert read_copy(cluster_copy(STATE, key), key) == ROOTS


@pytest.mark.parametrize("key", KEYS)
def test_equal_states_are_equal_bytes(key: SecretStr | None) -> None:
    assert cluster_copy(replace(STATE), key) == cluster_copy(STATE, key)


@pytest.mark.parametrize("key", KEYS)
def test_age_and_cluster_are_told_without_the_key(key: SecretStr | None) -> None:
    header = copy_header(cluster_copy(STATE, key))
    assert header == CopyHeader(lineage="4f2a", serial=7, encrypted=key is not None)


def test_gunzip_makes_a_state_file_of_it() -> None:
    assert decode(gzip.decompress(cluster_copy(STATE))) == ROOTS


def test_with_a_key_nothing_can_be_read() -> None:
    content = cluster_copy(STATE, KEY)
    assert content.count(b"\n", 0, 100) == 1
    assert b"prod" not in content
    assert b"\x1f\x8b" not in content[:100]


def test_the_key_of_another_text_does_not_fit() -> None:
    with pytest.raises(StateError, match="another state key"):
        read_copy(cluster_copy(STATE, KEY), SecretStr("wrong"))


def test_without_its_key_it_stays_closed() -> None:
    with pytest.raises(StateError, match="is encrypted"):
        read_copy(cluster_copy(STATE, KEY))


def test_what_somebody_else_put_there_is_not_taken_for_a_state() -> None:
    with pytest.raises(StateError, match="no certificate authority"):
        read_copy(b'{"desiredState":{},"currentState":{}}')
    with pytest.raises(StateError, match="not written by rke-py"):
        read_copy(b"apiVersion: v1")


def test_one_of_rkes_is_read_and_one_in_its_form_too() -> None:
    assert read_copy(copy_for_rke(STATE)) == STATE
    document = json.loads(copy_for_rke(STATE))
    del document["rkePy"]
    theirs = json.dumps(document).encode()
    assert read_copy(theirs).bundle == STATE.bundle
    assert copy_header(theirs) == CopyHeader(lineage=adopt(theirs).lineage, serial=0, by_rke=True)


PLAIN = cluster_copy(STATE)
SEALED = cluster_copy(STATE, KEY)


@settings(deadline=None)
@given(st.integers(0, len(PLAIN) - 1))
def test_a_copy_cut_off_anywhere_is_an_error(cut: int) -> None:
    with pytest.raises(StateError):
        read_copy(PLAIN[:cut])


@pytest.mark.parametrize("cut", [0, 10, 20, 60, len(SEALED) - 1])
def test_an_encrypted_copy_cut_off_is_an_error(cut: int) -> None:
    with pytest.raises(StateError):
        read_copy(SEALED[:cut], KEY)


def test_a_first_line_that_was_changed_is_noticed() -> None:
    with pytest.raises(StateError, match="damaged"):
        read_copy(SEALED.replace(b'"serial": 7', b'"serial": 8'), KEY)


def test_a_first_line_that_is_none_is_damage() -> None:
    with pytest.raises(StateError, match="first line"):
        copy_header(b"rke-py-state-1 []\n")


def of_later_release(content: bytes) -> bytes:
    """Return a copy as a later release might write it: another version, and parts that this one does not know."""
    document = json.loads(gzip.decompress(content))
    document["rkePy"] = {"version": 2, "lineage": "4f2a", "serial": 9, "etcd": ["of another form"]}
    return gzip.compress(json.dumps(document).encode())


@pytest.mark.parametrize(
    "content",
    [
        of_later_release(PLAIN),
        gzip.decompress(of_later_release(PLAIN)),
        SEALED.replace(b'"version": 1', b'"version": 2'),
        SEALED.replace(b"rke-py-state-1", b"rke-py-state-2"),
        b'{"rkePy": {"version": 7}}',
    ],
    ids=["compressed", "plain", "encrypted", "of another seal", "without anything known"],
)
def test_one_of_a_later_release_is_known_for_that(content: bytes) -> None:
    assert copy_header(content).later


def test_age_and_cluster_are_told_however_odd_the_rest_is() -> None:
    document = json.loads(gzip.decompress(PLAIN))
    document["rkePy"]["hosts"] = "nonsense"
    header = copy_header(gzip.compress(json.dumps(document).encode()))
    assert header == CopyHeader(lineage="4f2a", serial=7)


def test_an_encrypted_one_of_an_earlier_release_tells_no_version() -> None:
    assert copy_header(SEALED.replace(b', "version": 1', b"")) == CopyHeader(lineage="4f2a", serial=7, encrypted=True)


@pytest.mark.parametrize(
    "content",
    [b"{}", b'{"rkePy": {"version": 1}}', b'{"rkePy": []}', b'{"desiredState": {}}', b"{", b"\x1f\x8bno gzip", b"[]"],
)
def test_what_tells_nothing_of_itself_is_damaged(content: bytes) -> None:
    with pytest.raises(StateError):
        copy_header(content)


def test_a_thousand_hosts_fit() -> None:
    nodes = [
        {"address": f"10.{i // 250}.{i % 250}.7", "hostnameOverride": f"node-{i}", "role": ["worker"], "user": "ops"}
        for i in range(1000)
    ]
    hosts = {f"node-{i}": HostRecord(address=f"10.{i // 250}.{i % 250}.7", node=nodes[i]) for i in range(1000)}
    state = replace(STATE, desired={"nodes": nodes}, configuration={"nodes": nodes}, hosts=hosts)
    assert len(cluster_copy(state)) < LARGEST / 10


def test_one_that_does_not_fit_is_refused() -> None:
    state = replace(STATE, desired={"addons": random.Random(1).randbytes(2 * LARGEST).hex()})
    with pytest.raises(StateError, match="does not fit"):
        cluster_copy(state)
