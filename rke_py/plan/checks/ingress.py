"""Whether the ingress controller gets its ports."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.addon_model import Ingress, NetworkMode
from rke_py.cluster.model import Cluster, Role
from rke_py.errors import Problem
from rke_py.plan.observed import Observed

_CONTROLLERS = ("nginx", "nginx-ingress-c", "traefik")
"""What a controller in the host's network is called there; the kernel cuts names at 15 letters."""


def ingress_problems(cluster: Cluster, observed: Observed) -> Iterable[Problem]:
    """Warn of programs that listen where the ingress controller is to be reached.

    On a node's port that leads to a pod the program is not asked any more; in the host's network the controller does
    not start. Other components do not need it, so neither stops a run.
    """
    ports = _ports(cluster.ingress)
    for host in cluster.with_role(Role.WORKER) or cluster.hosts:
        deep = observed.hosts[host.name].deep
        listening = deep.listening if deep is not None else {}
        for port in ports:
            program = listening.get(port)
            if program is None or program in _CONTROLLERS:
                continue
            yield Problem(
                where=host.name,
                what=f"port {port}, at which the ingress controller is to be reached, is held by "
                f"{program or 'an unknown program'}",
                hint="Stop that program, or choose other ports: ingress.http_port, https_port.",
                warning=True,
            )


def _ports(ingress: Ingress) -> tuple[int, ...]:
    if ingress.provider == "none" or ingress.network_mode is NetworkMode.NONE:
        return ()
    return (ingress.http_port, ingress.https_port) if ingress.network_mode is NetworkMode.HOST_PORT else (80, 443)
