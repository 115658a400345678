"""From flags to the lab that is wanted, and errors without tracebacks."""

from __future__ import annotations

import pytest

from vagrant.lab.cli import main, parsed
from vagrant.lab.commands import run
from vagrant.lab.errors import LabError
from vagrant.lab.spec import ROLES


def wanted(*flags):
    return parsed(["up", "--name", "demo", *flags])


def test_one_host_is_the_usual_lab():
    lab, fixed = wanted()
    assert [host.roles for host in lab.hosts] == [ROLES]
    assert not fixed


def test_addresses_say_how_many_hosts_and_which_network():
    lab, fixed = wanted("--addresses", "172.30.9.21,172.30.9.22")
    assert [str(host.address) for host in lab.hosts] == ["172.30.9.21", "172.30.9.22"]
    assert str(lab.subnet) == "172.30.9.0/24"
    assert fixed


def test_hosts_have_the_names_that_are_given():
    lab, _ = wanted("--hosts", "2", "--names", "r1,r2")
    assert [host.name for host in lab.hosts] == ["r1", "r2"]


@pytest.mark.parametrize(
    ("flag", "names"), [("all", ("n1", "n2")), ("n2", ("n2",)), ("", ())], ids=["all", "some", "none"]
)
def test_hosts_with_docker_s_client(flag, names):
    lab, _ = wanted("--hosts", "2", "--docker-cli", flag)
    assert lab.docker_cli == names


def test_hosts_and_roles_that_disagree_are_refused():
    with pytest.raises(LabError, match="3 hosts but 2 entries in --roles"):
        wanted("--hosts", "3", "--roles", "all,worker")


@pytest.mark.parametrize("flag", ["--docker-cli", "--small-disk"])
def test_a_host_that_the_lab_does_not_have_is_refused(flag):
    with pytest.raises(LabError, match="no host n3"):
        wanted("--hosts", "2", flag, "n3")


def test_a_fault_is_shown_with_its_hint(capsys):
    assert main(["up", "--name", "No"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("Error: 'No' cannot be a lab's name\nHint: ")


def test_a_program_that_fails_shows_its_last_lines():
    with pytest.raises(LabError, match=r"sh -c 'echo one; echo two >&2; exit 3': exit status 3\n  \| two"):
        run("sh", "-c", "echo one; echo two >&2; exit 3")


def test_a_program_that_is_not_there_is_named():
    with pytest.raises(LabError, match="no-such-program is not installed"):
        run("no-such-program")
