"""Removes what a step that succeeded needs no more."""

from __future__ import annotations

from rke_py.errors import HostError
from rke_py.progress import Note
from rke_py.rollout.site import Site


def discard(name: str, host: str, site: Site) -> None:
    """Remove a container that has stopped and whose place another has taken, which was proved.

    Where Docker cannot remove it, that is told and no more: the step did what it had to, and taking down what works for
    the sake of what does not run would be the greater harm. The next run finds the container, and tries again.
    """
    try:
        site.fleet[host].engine.remove(name)
    except HostError as fault:
        site.reporter.report(Note(host=host, text=f"{name} could not be removed, the next run tries again: {fault}"))
