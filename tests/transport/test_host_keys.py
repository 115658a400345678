from __future__ import annotations

from pathlib import Path

import pytest

from rke_py.errors import Unreachable
from rke_py.transport.host_keys import HostKeys, Peer, names_of
from rke_py.transport.known_hosts import HostKey

from .test_known_hosts import key, text

PEER = Peer(host="node-1", names=("10.0.0.1",))
OFFERED = ("ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256")


def keys(tmp_path: Path, lines: str = "", *, accept_new: bool = False) -> HostKeys:
    (tmp_path / "known_hosts").write_text(lines)
    return HostKeys([tmp_path / "known_hosts", tmp_path / "absent"], accept_new=accept_new)


def refusal(known: HostKeys, peer: Peer, shown: HostKey) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        known.verify(peer, shown)
    return caught.value


def test_a_known_key_is_accepted(tmp_path: Path) -> None:
    keys(tmp_path, f"10.0.0.1 {text(key('a'))}").verify(PEER, key("a"))


def test_an_unknown_key_is_refused_with_its_fingerprint_and_both_ways_to_trust_it(tmp_path: Path) -> None:
    error = refusal(keys(tmp_path), PEER, key("a"))
    assert key("a").fingerprint in str(error)
    assert f"no line for 10.0.0.1 in {tmp_path / 'known_hosts'}" in error.evidence
    assert "--accept-new-host-keys" in error.hint
    assert "nodes[].host_key" in error.hint


def test_trust_on_first_use_writes_the_key_down_once(tmp_path: Path) -> None:
    known = keys(tmp_path, accept_new=True)
    known.verify(PEER, key("a"))
    known.verify(PEER, key("a"))
    assert (tmp_path / "known_hosts").read_text() == f"10.0.0.1 {text(key('a'))}\n"
    keys_of_next_run = HostKeys([tmp_path / "known_hosts"], accept_new=False)
    keys_of_next_run.verify(PEER, key("a"))


def test_trust_on_first_use_makes_the_folder_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "home" / ".ssh" / "known_hosts"
    HostKeys([file], accept_new=True).verify(PEER, key("a"))
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert file.exists()


def test_a_key_that_cannot_be_written_down_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder")
    known = HostKeys([tmp_path / "home" / "known_hosts"], accept_new=True)
    error = refusal(known, PEER, key("a"))
    assert "cannot be remembered" in str(error)
    assert "nodes[].host_key" in error.hint


def test_trust_on_first_use_ends_a_last_line_that_has_no_end(tmp_path: Path) -> None:
    keys(tmp_path, f"node-9 {text(key('z'))}", accept_new=True).verify(PEER, key("a"))
    assert (tmp_path / "known_hosts").read_text() == f"node-9 {text(key('z'))}\n10.0.0.1 {text(key('a'))}\n"


@pytest.mark.parametrize("accept_new", [True, False])
@pytest.mark.parametrize("known", [key("old"), key("old", "ssh-rsa")])
def test_a_changed_key_is_never_accepted(tmp_path: Path, known: HostKey, accept_new: bool) -> None:
    error = refusal(keys(tmp_path, f"\n10.0.0.1 {text(known)}", accept_new=accept_new), PEER, key("new"))
    assert "changed" in str(error)
    assert f"{known.fingerprint} ({tmp_path / 'known_hosts'}:2)" in error.evidence[0]
    assert key("new").fingerprint in error.evidence[1]
    assert f"ssh-keygen -R '10.0.0.1' -f {tmp_path / 'known_hosts'}" in error.hint


def test_a_revoked_key_is_refused(tmp_path: Path) -> None:
    error = refusal(keys(tmp_path, f"@revoked * {text(key('a'))}", accept_new=True), PEER, key("a"))
    assert "revoked" in str(error)


def test_a_pinned_key_needs_no_file(tmp_path: Path) -> None:
    keys(tmp_path).verify(Peer(host="node-1", names=PEER.names, pin=text(key("a"))), key("a"))


def test_a_pin_wins_over_known_hosts(tmp_path: Path) -> None:
    known = keys(tmp_path, f"10.0.0.1 {text(key('a'))}")
    error = refusal(known, Peer(host="node-1", names=PEER.names, pin=text(key("b"))), key("a"))
    assert f"{key('b').fingerprint} (host_key in cluster.yml)" in error.evidence[0]


def test_a_pin_that_is_no_key_is_named(tmp_path: Path) -> None:
    error = refusal(keys(tmp_path), Peer(host="node-1", names=PEER.names, pin="AAAA"), key("a"))
    assert str(error) == "node-1: host_key is not a public key"


@pytest.mark.parametrize(
    ("lines", "pin", "asked"),
    [
        ("", "", OFFERED),
        (f"10.0.0.1 {text(key('a', 'ecdsa-sha2-nistp256'))}", "", (OFFERED[1], OFFERED[0], *OFFERED[2:])),
        (f"10.0.0.1 {text(key('a', 'ssh-rsa'))}", "", (*OFFERED[2:], *OFFERED[:2])),
        (f"10.0.0.1 {text(key('a', 'ssh-rsa'))}", text(key("a")), ("ssh-ed25519",)),
    ],
)
def test_the_kind_of_key_that_is_known_is_asked_for_first(
    tmp_path: Path, lines: str, pin: str, asked: tuple[str, ...]
) -> None:
    peer = Peer(host="node-1", names=PEER.names, pin=pin)
    assert keys(tmp_path, lines).algorithms(peer, OFFERED) == asked


def test_the_names_known_hosts_may_have() -> None:
    assert names_of("10.0.0.1", 22, "") == ("10.0.0.1",)
    assert names_of("10.0.0.1", 2222, "") == ("[10.0.0.1]:2222",)
    assert names_of("10.0.0.1", 2222, "cluster-a") == ("cluster-a",)
