"""What was there before comes back where the container in its place does not work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rke_py.errors import ApiError, HostError, ProofFailed, RkeError
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.departing import CONTROL_PLANE_CONTAINERS
from rke_py.plan.reconcile import old_name
from rke_py.plan.steps import ProveNode, ReplaceContainer, TakesDown
from rke_py.rollout.carrier import carrier
from rke_py.rollout.cluster_version import risen
from rke_py.rollout.owners import start_old
from rke_py.rollout.proof import last_lines, prove_container
from rke_py.rollout.readiness import prove_ready
from rke_py.rollout.site import Site


def put_back(step: ReplaceContainer, site: Site, fault: RkeError, node: ProveNode | None = None) -> RkeError:
    """Put the old container back with its policy and prove it; keep the new one's last words as evidence.

    An etcd of an older release that would refuse to start stays aside: the new one is left as it is.

    Args:
        step: What did not work.
        site: The run's hosts.
        fault: Why.
        node: How the node is proved with the old one before pods are let onto it again; None where that is not needed.
    """
    engine, old = site.fleet[step.host].engine, old_name(step.name)
    evidence = fault.evidence or last_lines(step.name, step.host, site)
    if step.name == ETCD and (release := risen(step, site)):
        why = f"the cluster is etcd {release} now and an older one would not start"
        return ProofFailed(step.host, f"{fault.what}; it is left, for {why}", evidence=evidence, hint=fault.hint)
    if engine.inspect(old) is not None:
        engine.remove(step.name)
        engine.rename(old, step.name)
    evidence = (*evidence, *write_before(step, site))
    engine.set_restart(step.name, step.spec.restart)
    start_old(step.spec, step.host, site)
    return proved_again(step, site, f"{fault.what}; the old {step.name} was put back", evidence, fault.hint, node)


def write_before(step: TakesDown, site: Site) -> tuple[str, ...]:
    """Write the files back; return why that failed, for what ran with them has to start all the same."""
    if not step.before:
        return ()
    host, paths = site.fleet[step.host], [file.path for file in step.before]
    try:
        with carrier(step.host, step.carrier, paths, site) as window:
            host.engine.write_files(window, step.before, site.time.now() + host.clock_offset)
    except RkeError as fault:
        return (f"its files could not be put back: {fault.what}",)
    return ()


def proved_again(
    step: TakesDown, site: Site, what: str, evidence: Sequence[str], hint: str, node: ProveNode | None = None
) -> ProofFailed:
    """Prove what was put back, let pods onto the node again that was emptied for it, and return what tells of it."""
    check = getattr(step, "old_check", None)
    try:
        prove_container(replace(step.spec, check=check) if check else step.spec, step.host, site)
    except HostError as second:
        what = f"{what} but is not healthy either: {second.what}"
        return ProofFailed(step.host, what, evidence=(*evidence, *second.evidence), hint=second.hint)
    try:
        if node is not None:
            prove_ready(node, site)
    except RkeError as second:
        what = f"{what}, but its node did not become Ready: {second.what}"
        return ProofFailed(step.host, what, evidence=(*evidence, *second.evidence), hint=second.hint)
    return ProofFailed(step.host, what, evidence=(*evidence, *_opened(step, site)), hint=hint)


def _opened(step: TakesDown, site: Site) -> tuple[str, ...]:
    """Let pods onto the node again, if it was we who kept them away; return why that failed.

    Nodes are not emptied for etcd and the control plane.
    """
    if step.name in (ETCD, *CONTROL_PLANE_CONTAINERS):
        return ()
    try:
        site.access.api.uncordon(step.host)
    except ApiError as fault:
        return (f"the node may still be closed to pods: {fault.what}",)
    return ()
