"""What is read from the machine's own files."""

from __future__ import annotations

import pytest

from vagrant.lab.machine import CAPABILITIES, Machine, bounding_set, mirror_in, nameservers_in

WHOLE = frozenset(CAPABILITIES)
DEB822 = """\
Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security

Types: deb
URIs: http://mirror.example/debian
Suites: bookworm
"""


def machine(bounding):
    return Machine(root=True, bounding=bounding, cgroup_version=1, memory=2**33, nameservers=())


@pytest.mark.parametrize(
    ("status", "missing"),
    [
        pytest.param("CapBnd:\t000001ffffffffff\n", set(), id="whole"),
        pytest.param("Name:\tinit\nCapBnd:\t000001fffeffffff\n", {"sys_resource"}, id="without-sys-resource"),
        pytest.param("", WHOLE, id="nothing-known"),
    ],
)
def test_bounding_set(status, missing):
    assert bounding_set(status) == WHOLE - missing


def test_a_whole_machine_runs_privileged_hosts():
    assert "--privileged" in machine(WHOLE).isolation()


def test_a_machine_without_sys_resource_grants_all_else_by_name():
    options = machine(WHOLE - {"sys_resource"}).isolation()
    assert "--privileged" not in options
    assert "--cap-add=SYS_ADMIN" in options
    assert not any("SYS_RESOURCE" in option for option in options)


@pytest.mark.parametrize("name", ["PERFMON", "BPF", "CHECKPOINT_RESTORE"])
def test_capabilities_that_old_engines_do_not_know_are_not_named(name):
    assert f"--cap-add={name}" not in machine(WHOLE - {"sys_resource"}).isolation()


@pytest.mark.parametrize(
    ("sources", "mirror"),
    [
        pytest.param(DEB822, "http://mirror.example/debian", id="deb822"),
        pytest.param(
            "deb [arch=amd64] https://m.example/debian/ trixie main\n", "https://m.example/debian/", id="line"
        ),
        pytest.param("# deb http://old.example/debian x\n", "", id="comment"),
        pytest.param("deb http://archive.example/ubuntu noble main\n", "", id="another-distribution"),
    ],
)
def test_mirror_in(sources, mirror):
    assert mirror_in(sources) == mirror


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        pytest.param(
            "search a.example\nnameserver 10.1.2.3\nnameserver 10.1.2.4\n", ("10.1.2.3", "10.1.2.4"), id="two"
        ),
        pytest.param("nameserver 127.0.0.53\n", (), id="loopback"),
        pytest.param("nameserver fe80::1%eth0\nnameserver 10.1.2.3\n", ("10.1.2.3",), id="hosts-have-no-ipv6"),
        pytest.param("nameserver\n# nameserver 10.1.2.3\n", (), id="none"),
    ],
)
def test_nameservers_in(text, servers):
    assert nameservers_in(text) == servers
