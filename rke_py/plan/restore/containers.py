"""Stopping and starting a host's components in a restore, whatever is found of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rke_py.plan.containers import ContainerSpec, FoundContainer
from rke_py.plan.conventions import left_over
from rke_py.plan.observed import ObservedHost
from rke_py.plan.reconcile import old_name
from rke_py.plan.steps import (
    CreateContainer,
    RemoveContainer,
    ReplaceContainer,
    RestorePolicy,
    StartContainer,
    Step,
    StopContainer,
)

_GRACE = 2
"""Seconds: what is written now is going to be lost, so nobody is waited for."""


def stops(host: ObservedHost, names: tuple[str, ...]) -> Iterator[Step]:
    """Yield the steps that stop what runs, or would run after a reboot, of some components; an old one aside too."""
    for name in (either for each in names for either in (each, old_name(each))):
        container = host.containers.get(name)
        if container is not None and (container.spec.restart != "no" or _lives(container)):
            yield StopContainer(host=host.name, name=name, grace=_GRACE)


def starts(host: ObservedHost, spec: ContainerSpec, *, stopped: bool) -> tuple[Step, ...]:
    """Return the steps that have a component run: the container that is there, or the wanted one.

    Args:
        host: The host as observed before anything was stopped.
        spec: The container as wanted.
        stopped: Whether the plan stops it before.
    """
    found = host.containers.get(spec.name)
    if old_name(spec.name) in host.containers:
        return (ReplaceContainer(host=host.name, spec=spec, why=("an earlier run was interrupted replacing it",)),)
    if found is None:
        return (CreateContainer(host=host.name, spec=spec, why=("absent",)),)
    # its data belong to whom it runs as, which may not be the wanted one yet
    there = replace(spec, user=found.spec.user)
    policy = RestorePolicy(host=host.name, spec=there, why=("it was stopped",))
    start = StartContainer(host=host.name, spec=there, why=("it was stopped",))
    if stopped:
        return (policy, start)
    return (*((policy,) if found.spec.restart != spec.restart else ()), *(() if found.running else (start,)))


def as_it_was(found: FoundContainer) -> ContainerSpec:
    """Return a container that is there and was stopped as it ran before, where nothing tells what is wanted."""
    return replace(found.spec, restart="always")


def leftovers(host: ObservedHost) -> tuple[Step, ...]:
    """Return the steps that remove containers which a killed run had made for a moment."""
    why = ("a killed run left it",)
    names = left_over(host.containers.values())
    return tuple(RemoveContainer(host=host.name, name=name, grace=0, why=why) for name in names)


def _lives(container: FoundContainer) -> bool:
    return container.status not in ("created", "exited", "dead")
