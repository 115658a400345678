"""Ways to hosts that are not straight: a bastion, an sshd that forwards no sockets, a host seen for the first time."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from . import breaking
from .lab import FULL, WITH_CLIENT, WORKER, Lab
from .operator import Operator, Run
from .operator import operator as make_operator

pytestmark = pytest.mark.lab


@pytest.fixture
def person(lab: Lab, tmp_path: Path) -> Operator:
    """An operator of the hosts with all roles."""
    return make_operator(lab, tmp_path, FULL)


def _looked_at(run: Run) -> set[str]:
    """Return the hosts that a plan found and wants to work on."""
    assert run.status == 0, run.explained()
    plan = json.loads(run.out)
    return {turn["host"] for stage in plan["stages"] if stage["name"] == "prepare" for turn in stage["turns"]}


def test_hosts_are_reached_through_a_bastion_alone(lab: Lab, person: Operator) -> None:
    bastion = {"address": lab.address(WORKER), "user": "rke", "ssh_key_path": str(lab.key)}
    person.edit(lambda config: config.update(bastion_host=bastion))
    before = _logins(lab, WORKER)
    with ExitStack() as walls:
        for host in FULL:
            gateway = lab.address(host).rpartition(".")[0] + ".1"
            walls.enter_context(breaking.refused(lab, host, "INPUT", "-p", "tcp", "-s", gateway, "--dport", "22"))
        assert _looked_at(person.run("plan", "--output", "json")) == set(FULL)
    assert _logins(lab, WORKER) - before == 1


def test_docker_is_reached_through_its_client_where_sshd_forwards_no_sockets(lab: Lab, person: Operator) -> None:
    with breaking.sshd_says(lab, WITH_CLIENT, "AllowStreamLocalForwarding no"):
        assert _looked_at(person.run("plan", "--output", "json")) == set(FULL)


def test_a_host_seen_for_the_first_time_is_trusted_on_request_and_remembered(lab: Lab, person: Operator) -> None:
    known = person.known_hosts.read_text()
    person.known_hosts.write_text("")
    assert _looked_at(person.run("plan", "--output", "json", "--accept-new-host-keys")) == set(FULL)
    remembered = {tuple(line.split()[:3]) for line in person.known_hosts.read_text().splitlines()}
    assert remembered <= {tuple(line.split()) for line in known.splitlines()}
    assert _looked_at(person.run("plan", "--output", "json")) == set(FULL)


def test_a_key_in_cluster_yml_is_enough(lab: Lab, person: Operator) -> None:
    keys = dict(line.split(" ", 1) for line in person.known_hosts.read_text().splitlines())
    person.known_hosts.write_text("")
    person.edit(lambda config: [node.update(host_key=keys[node["address"]]) for node in config["nodes"]])
    assert _looked_at(person.run("plan", "--output", "json")) == set(FULL)


def _logins(lab: Lab, host: str) -> int:
    return lab.run(host, "cat", "/var/log/sshd.log").count("Accepted publickey for rke")
