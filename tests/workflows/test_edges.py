"""What a run's settings mean for the connections to hosts."""

from __future__ import annotations

from rke_py.workflows.edges import with_agent
from tests.pki.clusters import N1, N2, cluster


def test_the_agents_keys_are_for_every_host_and_the_bastion():
    wanted = with_agent(cluster(N1, N2, bastion=N2.ssh))
    assert [host.ssh.agent for host in wanted.hosts] == [True, True]
    assert wanted.bastion is not None
    assert wanted.bastion.agent


def test_without_a_bastion_there_is_none():
    assert with_agent(cluster(N1)).bastion is None
