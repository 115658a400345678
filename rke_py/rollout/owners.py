"""Starts containers whose user is not root: what they own is handed over to that user first."""

from __future__ import annotations

from dataclasses import replace

from rke_py.plan.compare import differences
from rke_py.plan.containers import ContainerSpec
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command

_TIMEOUT = 300
_ROOT = frozenset({"", "0", "0:0", "root"})


def start(spec: ContainerSpec, host: str, site: Site) -> None:
    """Start a container that is there, unless it is one that is made for its volume alone.

    Its folders and certificates belong to its user by then, whoever ran it before and whatever root wrote there since.
    """
    if not spec.starts:
        return
    if spec.owns and spec.user not in _ROOT:
        run_tools_command(host, ("hand-over", spec.user, *spec.owns), site, timeout=_TIMEOUT)
    site.fleet[host].engine.start(spec.name)


def start_as_wanted(spec: ContainerSpec, host: str, site: Site) -> None:
    """Make and start a container; one that an earlier run made is as it was wanted then."""
    engine = site.fleet[host].engine
    found = engine.inspect(spec.name)
    if found is not None and differences(spec, found):
        engine.stop(spec.name, spec.grace)
        engine.remove(spec.name)
        found = None
    if found is None:
        engine.create(spec)
    start(spec, host, site)


def start_old(spec: ContainerSpec, host: str, site: Site) -> None:
    """Start the container that is there in the wanted one's place, which may have another user."""
    found = site.fleet[host].engine.inspect(spec.name)
    start(replace(spec, user=found.spec.user) if found else spec, host, site)
