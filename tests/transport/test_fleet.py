from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import replace

import pytest

from rke_py.cluster.model import Host
from rke_py.errors import Unreachable
from rke_py.transport.fleet import SshOptions

from .fleets import fleet_of
from .sshd import Sshd

MakeHost = Callable[..., Host]


def test_hosts_keep_the_clusters_order_and_faults_are_kept(
    sshd: Sshd, make_host: MakeHost, options: SshOptions
) -> None:
    hosts = [make_host(sshd, "b"), make_host(sshd, "down", key_path="/nonexistent"), make_host(sshd, "a")]
    with fleet_of(*hosts, options=options) as fleet:
        assert fleet.reachable == ("b", "a")
        assert list(fleet.faults) == ["down"]
        assert fleet["a"].host.name == "a"
        with pytest.raises(Unreachable, match="down"):
            fleet["down"]


def test_many_hosts_at_once(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    hosts = [make_host(sshd, f"node-{number}") for number in range(20)]
    with fleet_of(*hosts, options=options) as fleet:
        assert len(fleet.reachable) == 20
    assert sshd.handshakes == 20


def test_a_docker_that_cannot_be_reached_is_a_fault_of_its_host(
    sshd: Sshd, make_host: MakeHost, options: SshOptions
) -> None:
    host = replace(make_host(sshd), docker_socket="/run/other.sock")
    with fleet_of(host, options=options) as fleet:
        assert fleet.reachable == ()


def test_the_soft_limit_of_descriptors_is_raised(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        with fleet_of(make_host(sshd), options=options):
            assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 256
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_closed_fleet_stays_closed(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    with fleet_of(make_host(sshd), options=options) as fleet:
        pass
    with pytest.raises(Unreachable, match="the run is over"):
        fleet["node-1"].dial("127.0.0.1", 2379, 5)
