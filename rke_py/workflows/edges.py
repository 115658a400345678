"""How a workflow reaches hosts and the cluster's APIs: over real SSH here, over a simulated fleet in tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Container
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rke_py.cluster.model import Cluster
from rke_py.kube.interface import ClusterAccess
from rke_py.pki.model import Bundle
from rke_py.transport.interface import Fleet
from rke_py.workflows.login import login_name

if TYPE_CHECKING:
    from rke_py.workflows.context import Context


class Edges(Protocol):
    """Opens the ways to the outside."""

    def fleet(self, cluster: Cluster, context: Context) -> Fleet:
        """Return the fleet of the cluster's hosts, not yet connected."""

    def access(self, cluster: Cluster, fleet: Fleet, bundle: Callable[[], Bundle]) -> ClusterAccess:
        """Return the ways into the cluster's APIs; ``bundle`` gives the credentials at the time of each use."""


class RealEdges:
    """SSH, Docker, etcd and the Kubernetes API."""

    def fleet(self, cluster: Cluster, context: Context) -> Fleet:
        """Return the fleet over SSH, without the hosts that this run does without."""
        from rke_py.transport.docker_port import certificates_of
        from rke_py.transport.fleet import SshOptions, open_fleet
        from rke_py.transport.ssh_config import read_ssh_config

        folder = Path.home() / ".ssh"
        options = SshOptions(
            user=login_name(),
            known_hosts=(folder / "known_hosts", Path("/etc/ssh/ssh_known_hosts")),
            accept_new_host_keys=context.accept_new_host_keys,
            ssh_config=read_ssh_config(folder / "config"),
            passphrase=context.passphrase,
            docker_certificates=certificates_of(os.environ, Path.home()),
        )
        wanted = without(cluster, context.skip)
        reached = with_agent(wanted) if context.ssh_agent_auth else wanted
        return open_fleet(reached, options=options, now=context.clock.now)

    def access(self, cluster: Cluster, fleet: Fleet, bundle: Callable[[], Bundle]) -> ClusterAccess:
        """Return the APIs over the fleet's connections."""
        from rke_py.kube.access import Access

        return Access(cluster, {name: fleet[name].dial for name in fleet.reachable}, bundle)


def without(cluster: Cluster, names: Container[str]) -> Cluster:
    """Return the cluster without some of its hosts, for who is to be connected to."""
    hosts, leaving = (
        tuple(host for host in part if host.name not in names) for part in (cluster.hosts, cluster.leaving)
    )
    return replace(cluster, hosts=hosts, leaving=leaving)


def with_agent(cluster: Cluster) -> Cluster:
    """Return the cluster with the agent's keys for every connection."""
    hosts, leaving = (
        tuple(replace(host, ssh=replace(host.ssh, agent=True)) for host in part)
        for part in (cluster.hosts, cluster.leaving)
    )
    return replace(
        cluster, hosts=hosts, leaving=leaving, bastion=cluster.bastion and replace(cluster.bastion, agent=True)
    )
