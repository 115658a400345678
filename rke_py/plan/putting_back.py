"""What comes back when a container that takes another's place, or is restarted, does not work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rke_py.cluster.model import Cluster, Host
from rke_py.plan.compare import needs_restart
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.files import FileSpec
from rke_py.plan.migration import check_of_rke, of_rke
from rke_py.plan.observed import ObservedHost
from rke_py.plan.reconcile import old_name
from rke_py.plan.steps import ContainerStep, ReplaceContainer, TakesDown


def as_put_back(
    step: ContainerStep,
    cluster: Cluster,
    host: Host,
    found: ObservedHost,
    specs: Iterable[ContainerSpec],
    writing: tuple[FileSpec, ...],
    carrier: str,
) -> ContainerStep:
    """Return a step with what it puts back should it fail: files, and how the old container is proved.

    Args:
        step: A step on one container.
        cluster: The cluster as wanted.
        host: The host.
        found: The host as observed.
        specs: All containers that are wanted on it.
        writing: The files that its turn writes before.
        carrier: Image of the container through which files are written.
    """
    if not isinstance(step, TakesDown):
        return step
    before = _before(step, found, specs, writing)
    made = replace(step, before=before, carrier=carrier) if before else step
    there = found.containers.get(old_name(step.name)) or found.containers.get(step.name)
    if not isinstance(made, ReplaceContainer) or cluster.rke is not None or there is None or not of_rke(there):
        return made
    return replace(made, old_check=check_of_rke(cluster, host, step.name))


def _before(
    step: TakesDown, found: ObservedHost, specs: Iterable[ContainerSpec], writing: tuple[FileSpec, ...]
) -> tuple[FileSpec, ...]:
    """Return the files to write back; what others on the host read as well stays new.

    Only files that the container is known to run with: each is older than its start, so none is half of a pair.
    """
    runs, there = found.containers.get(step.name), found.files or {}
    if runs is None or not runs.running or old_name(step.name) in found.containers:
        return ()
    used = step.spec.files if of_rke(runs) else frozenset(step.spec.reads)  # RKE's read all of theirs at their start
    own = used.difference(*(spec.files for spec in specs if spec.name != step.name))
    if needs_restart(step.spec, runs, {path: there[path] for path in own & there.keys()}):
        return ()
    return tuple(there[file.path].kept() for file in writing if file.path in own and file.path in there)
