"""What Docker adds to the kernel's rules is found, and nothing else is."""

from __future__ import annotations

import pytest

from vagrant.lab.firewall import forward_policy, has_docker, without_docker

OWN = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
-A INPUT -s 10.0.0.0/8 -j ACCEPT
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
"""
WITH_DOCKER = """\
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [12:840]
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-USER - [0:0]
-A INPUT -s 10.0.0.0/8 -j ACCEPT
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i br-53b38f5e7b6d -o br-53b38f5e7b6d -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 5000 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
"""


def test_without_docker_the_rules_are_as_before():
    assert without_docker(WITH_DOCKER, "ACCEPT") == OWN


def test_rules_without_docker_stay():
    assert without_docker(OWN, forward_policy(OWN)) == OWN


@pytest.mark.parametrize(("dump", "found"), [(OWN, False), (WITH_DOCKER, True), ("", False)])
def test_has_docker(dump, found):
    assert has_docker(dump) is found


@pytest.mark.parametrize(("dump", "policy"), [(OWN, "ACCEPT"), (WITH_DOCKER, "DROP"), ("", "ACCEPT")])
def test_forward_policy(dump, policy):
    assert forward_policy(dump) == policy
