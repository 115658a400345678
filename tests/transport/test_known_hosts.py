from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paramiko import HostKeys

from rke_py.transport.known_hosts import (
    HostKey,
    known_host_name,
    lookup,
    parse_host_key,
    parse_known_hosts,
)


def key(seed: str, kind: str = "ssh-ed25519") -> HostKey:
    return HostKey(type=kind, blob=len(kind).to_bytes(4, "big") + kind.encode() + seed.encode())


def text(wanted: HostKey) -> str:
    return f"{wanted.type} {b64encode(wanted.blob).decode()}"


@pytest.mark.parametrize(
    ("names", "asked", "speaks"),
    [
        ("node-1", "node-1", True),
        ("node-1", "NODE-1", True),
        ("node-1,10.0.0.1", "10.0.0.1", True),
        ("node-1", "node-11", False),
        ("*.example.com", "a.example.com", True),
        ("*.example.com,!b.example.com", "b.example.com", False),
        ("node-?", "node-3", True),
        ("[node-1]:2222", "[node-1]:2222", True),
        ("[node-1]:2222", "node-1", False),
        ("[10.0.0.*]:22??", "[10.0.0.7]:2201", True),
        ("|1|bm9uc2Vuc2U=|bm9uc2Vuc2U=", "node-1", False),
        ("|1|not-base64", "node-1", False),
    ],
)
def test_which_names_a_line_speaks_of(names: str, asked: str, speaks: bool) -> None:
    (line,) = parse_known_hosts(f"{names} {text(key('a'))}", "known_hosts")
    assert line.matches(asked) is speaks


@settings(deadline=None, max_examples=50)
@given(st.text("abcxyz019.-", min_size=1))
def test_a_hashed_name_speaks_of_the_name_it_was_made_of(name: str) -> None:
    known = parse_known_hosts(f"{HostKeys.hash_host(name)} {text(key('a'))}", "known_hosts")
    assert lookup(known, [name])
    assert not lookup(known, [name + "x"])


def test_lines_keep_their_place_and_nonsense_is_passed_over() -> None:
    file = f"# mine\n\nnode-1 {text(key('a'))} comment\nnonsense\n@revoked * {text(key('b'))}\n@cert-authority * x y\n"
    known = parse_known_hosts(file, "/home/me/known_hosts")
    assert [(line.where, line.key, line.revoked) for line in known] == [
        ("/home/me/known_hosts:3", key("a"), False),
        ("/home/me/known_hosts:5", key("b"), True),
    ]


@pytest.mark.parametrize(
    "broken", ["", "ssh-ed25519", "ssh-ed25519 %%%", "ssh-rsa " + b64encode(b"\0\0\0\1x").decode()]
)
def test_what_is_no_public_key(broken: str) -> None:
    assert parse_host_key(broken) is None


def test_the_port_is_part_of_the_name_unless_it_is_the_default() -> None:
    assert known_host_name("node-1", 22) == "node-1"
    assert known_host_name("node-1", 2222) == "[node-1]:2222"


def test_the_fingerprint_is_what_ssh_keygen_prints() -> None:
    public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
    found = parse_host_key(public)
    assert found is not None
    assert found.fingerprint == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
