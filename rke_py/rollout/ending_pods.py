"""Ends the pods of a node that changes its runtime, and gives back what they had; its kubelet has stopped by then."""

from __future__ import annotations

from contextlib import suppress

from rke_py.errors import ApiError
from rke_py.rollout.docker_pods import docker_pods, remove_docker_pods
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command

_HELD_TIMEOUT = 10
_RELEASE_TIMEOUT = 120
_HEARD = 5.0
"""Seconds that kube-proxies have to hear where Services lead now: nobody can ask all of them."""


def end_docker_pods(host: str, grace: int, site: Site) -> None:
    """End every pod that runs in Docker, once Services lead elsewhere.

    Args:
        host: The host.
        grace: Seconds that pods get to end which ask for no time of their own.
        site: The run's hosts.
    """
    engine = site.fleet[host].engine
    if docker_pods(engine):
        with suppress(ApiError):  # who cannot be told is not waited for: the node could not be proved either
            site.access.api.hold_pods_back(host, _HELD_TIMEOUT)
        site.time.pause(_HEARD)
    remove_docker_pods(engine, grace)


def release_addresses(host: str, site: Site) -> None:
    """Give back the addresses and the ports of the host that pods in Docker had, all of which are gone."""
    run_tools_command(host, ("release-addresses",), site, timeout=_RELEASE_TIMEOUT)
