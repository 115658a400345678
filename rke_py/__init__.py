"""Turns machines with Docker and SSH into a Kubernetes cluster from one cluster.yml, and keeps it healthy.

What is named here is for programs that provision clusters: the very functions that the command line calls. They take
and return frozen values, raise ``RkeError``, tell a ``Reporter`` what happens, and neither print, nor exit, nor set up
logging. Everything is imported on demand, when it is first named.

The errors are in ``rke_py.errors``, the events in ``rke_py.progress``; nothing else is promised to stay as it is.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from rke_py.release import __version__

if TYPE_CHECKING:
    from rke_py.errors import RkeError
    from rke_py.plan.model import Plan
    from rke_py.progress import Event, Reporter
    from rke_py.workflows.configuration import Configuration, load
    from rke_py.workflows.context import Context
    from rke_py.workflows.kubeconfig import kubeconfig
    from rke_py.workflows.plan import plan as dry_run
    from rke_py.workflows.remove import remove
    from rke_py.workflows.status import ClusterStatus, status
    from rke_py.workflows.up import Result, up

__all__ = [
    "ClusterStatus",
    "Configuration",
    "Context",
    "Event",
    "Plan",
    "Reporter",
    "Result",
    "RkeError",
    "__version__",
    "dry_run",
    "kubeconfig",
    "load",
    "remove",
    "status",
    "up",
]

_HOMES = {
    "ClusterStatus": "workflows.status:ClusterStatus",
    "Configuration": "workflows.configuration:Configuration",
    "Context": "workflows.context:Context",
    "Event": "progress:Event",
    "Plan": "plan.model:Plan",
    "Reporter": "progress:Reporter",
    "Result": "workflows.up:Result",
    "RkeError": "errors:RkeError",
    "dry_run": "workflows.plan:plan",
    "kubeconfig": "workflows.kubeconfig:kubeconfig",
    "load": "workflows.configuration:load",
    "remove": "workflows.remove:remove",
    "status": "workflows.status:status",
    "up": "workflows.up:up",
}
"""Module and name of what is imported on demand, as the block for type checkers says too."""


def __getattr__(name: str) -> object:
    """Import what is named for the first time (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, found = _HOMES[name].partition(":")
    value: object = getattr(import_module(f"{__name__}.{module}"), found)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
