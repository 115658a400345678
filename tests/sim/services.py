"""Whether Services work on a machine."""

from __future__ import annotations

from .machine import Machine

API_SERVICE = "10.43.0.1"
"""Where every machine reaches the API servers through kube-proxy."""


def services_work(machine: Machine) -> bool:
    """Tell whether the machine reaches Services: kube-proxy's rules stay when it stops."""
    return machine.name not in machine.world.faults.without_services and any(machine.world.api_servers())
