"""Hosts that cannot carry a node, or cannot be reached: all faults of all hosts in one run, and nothing is changed.

Swap is not switched on here: it would be on for the whole machine. Nor is a clock set: hosts share the machine's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from . import breaking
from .lab import ALL, SMALL_DISK, Lab
from .operator import Operator, Run
from .operator import operator as make_operator
from .traces import differences, of_hosts

pytestmark = pytest.mark.lab


@pytest.fixture
def person(lab: Lab, tmp_path: Path) -> Operator:
    """An operator of all four hosts, none of which can be done without."""
    return _person(lab, tmp_path)


@pytest.fixture(scope="module")
def unable(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run on four hosts, each with a fault of its own."""
    person = _person(lab, tmp_path_factory.mktemp("unable"))
    with ExitStack() as faults:
        faults.enter_context(lab.listening("n1", 10250))
        faults.enter_context(breaking.service_stopped(lab, "n2", "docker"))
        faults.enter_context(breaking.cri_disabled(lab, "n3"))
        faults.enter_context(breaking.disk_full(lab, "n4", SMALL_DISK))
        return _refused(person)


def test_a_port_that_is_taken_is_named_with_its_holder(unable: Run) -> None:
    fault = _fault(unable, "n1")
    assert "port 10250, which kubelet needs, is held by socat" in fault["what"]
    assert "sport = :10250" in fault["hint"]


def test_a_docker_that_does_not_run_is_named(unable: Run) -> None:
    fault = _fault(unable, "n2")
    assert "Docker" in fault["what"]
    assert "docker" in fault["hint"]


def test_a_containerd_without_cri_is_named_with_the_way_out(unable: Run) -> None:
    fault = _fault(unable, "n3")
    assert 'disabled_plugins = ["cri"]' in fault["what"]
    assert "/etc/containerd/config.toml" in fault["hint"]


def test_a_full_disk_is_named_with_what_is_needed(unable: Run) -> None:
    fault = _fault(unable, "n4")
    assert f"free for {SMALL_DISK}" in fault["what"]
    assert "Make room: at least 256 MiB" in fault["hint"]


@pytest.fixture(scope="module")
def unreachable(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run on four hosts, none of which can be logged in to, each for a reason of its own."""
    person = _person(lab, tmp_path_factory.mktemp("unreachable"))
    keys = dict(line.split(" ", 1) for line in person.known_hosts.read_text().splitlines())
    of = {host: lab.address(host) for host in ALL}
    keys[of["n4"]] = keys[of["n2"]]
    del keys[of["n1"]]
    person.known_hosts.write_text("".join(f"{address} {key}\n" for address, key in keys.items()))
    other_key = person.folder / "other"
    lab.run("n3", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/tmp/other")
    other_key.write_text(lab.run("n3", "cat", "/tmp/other") + "\n")
    other_key.chmod(0o600)
    person.edit(lambda _: person.node("n3").update(ssh_key_path=str(other_key)))
    with breaking.service_stopped(lab, "n2", "ssh"):
        return _refused(person)


def test_a_host_whose_key_is_not_known_is_not_trusted(unreachable: Run) -> None:
    fault = _fault(unreachable, "n1")
    assert "host key" in fault["what"]
    assert "--accept-new-host-keys" in fault["hint"]


def test_a_host_that_does_not_answer_is_named_with_address_and_port(lab: Lab, unreachable: Run) -> None:
    fault = _fault(unreachable, "n2")
    assert f"{lab.address('n2')} port 22 refuses connections" in fault["what"]
    assert "--skip n2" in fault["hint"]


def test_a_key_that_the_host_does_not_take_is_named(unreachable: Run) -> None:
    fault = _fault(unreachable, "n3")
    assert "accepts no key" in fault["what"]
    assert "authorized_keys of rke" in fault["hint"]


def test_a_host_whose_key_changed_is_refused_without_a_way_round(unreachable: Run) -> None:
    fault = _fault(unreachable, "n4")
    assert "changed" in fault["what"]
    assert "--accept-new-host-keys" not in fault["hint"]


@pytest.fixture(scope="module")
def forbidden(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run on hosts that let nobody at Docker's socket, and one whose sshd forwards nothing at all."""
    person = _person(lab, tmp_path_factory.mktemp("forbidden"))
    person.edit(lambda _: person.node("n1").update(user="nodocker"))
    with ExitStack() as faults:
        faults.enter_context(breaking.sshd_says(lab, "n2", "AllowStreamLocalForwarding no"))
        faults.enter_context(breaking.sshd_says(lab, "n3", "DisableForwarding yes"))
        return _refused(person)


def test_a_user_without_the_group_is_told_so(forbidden: Run) -> None:
    fault = _fault(forbidden, "n1")
    assert "nodocker may not use Docker's socket /var/run/docker.sock" in fault["what"]
    assert "usermod -aG docker nodocker" in fault["hint"]


@pytest.mark.parametrize(
    ("host", "setting"), [("n2", "AllowStreamLocalForwarding"), ("n3", "AllowStreamLocalForwarding")]
)
def test_an_sshd_that_forwards_no_sockets_is_named_where_there_is_no_client(
    forbidden: Run, host: str, setting: str
) -> None:
    fault = _fault(forbidden, host)
    assert setting in f"{fault['what']} {fault['hint']}"


@pytest.fixture
def unchanged(lab: Lab) -> Iterator[None]:
    """Hosts that are after a run what they were before."""
    before = of_hosts(lab, ALL)
    yield
    assert differences(before, of_hosts(lab, ALL)) == []


def test_a_port_that_is_blocked_between_two_hosts_is_found_though_nothing_listens_yet(
    person: Operator, lab: Lab, unchanged: None
) -> None:
    with breaking.refused(lab, "n2", "INPUT", "-p", "tcp", "-s", lab.address("n1"), "--dport", "2380"):
        run = _refused(person)
    fault = _fault(run, "n2")
    assert f"n1 cannot reach {lab.address('n2')} port 2380 (etcd peers)" in fault["what"]
    assert "TCP port 2380" in fault["hint"]


def test_hosts_that_are_cut_off_from_one_another_are_found(person: Operator, lab: Lab, unchanged: None) -> None:
    with lab.partitioned("n1", "n2"):
        run = _refused(person)
    ways = {fault["where"]: fault["what"] for fault in run.faults}
    assert ways.keys() == {"n1", "n2"}
    assert f"n2 cannot reach {lab.address('n1')}" in ways["n1"]
    assert "timed out" in ways["n1"]


def test_two_entries_for_one_machine_are_found(person: Operator, lab: Lab, unchanged: None) -> None:
    network, _, _ = lab.address("n1").rpartition(".")
    second = f"{network}.77"
    with breaking.second_address(lab, "n1", second):
        key = next(line for line in person.known_hosts.read_text().splitlines() if line.startswith(lab.address("n1")))
        with person.known_hosts.open("a") as known:
            known.write(f"{second} {key.partition(' ')[2]}\n")
        person.edit(lambda _: person.node("n2").update(address=second))
        run = _refused(person)
    assert "the same machine as n1" in _fault(run, "n2")["what"]


def test_an_image_that_cannot_be_had_stops_the_run_before_any_change(
    person: Operator, lab: Lab, unchanged: None
) -> None:
    missing = "registry.lab:5000/tools:nobody-built-this"
    person.edit(lambda config: config["system_images"].update(tools=missing))
    run = _refused(person)
    assert all(missing in fault["what"] for fault in run.faults)


def test_a_registry_that_is_down_is_named(person: Operator, lab: Lab, unchanged: None) -> None:
    tools = person.config["system_images"]["tools"]
    with (
        breaking.without_image(lab, "n3", tools),
        breaking.refused(lab, "n3", "OUTPUT", "-p", "tcp", "--dport", "5000"),
    ):
        run = _refused(person)
    fault = _fault(run, "n3")
    assert tools in fault["what"]
    assert "registry.lab:5000" in fault["what"]


def test_nothing_was_changed_on_any_host(
    as_found: Mapping[str, Any], lab: Lab, unable: Run, unreachable: Run, forbidden: Run
) -> None:
    assert differences(as_found, of_hosts(lab, ALL)) == []


def _person(lab: Lab, folder: Path) -> Operator:
    person = make_operator(lab, folder)
    person.edit(lambda _: person.node("n4").update(role=["controlplane", "worker"]))
    return person


def _refused(person: Operator) -> Run:
    """Run ``up``, which has to end with faults, before any change."""
    run = person.up(status=1)
    assert run.error["type"] == "PreflightError", run.explained()
    assert "nothing was changed" in run.error["what"]
    assert run.steps == ()
    assert not person.state_file.exists()
    return run


def _fault(run: Run, host: str) -> Mapping[str, Any]:
    """Return the one fault of a host."""
    faults = [fault for fault in run.faults if fault["where"] == host]
    assert len(faults) == 1, run.faults
    return faults[0]
