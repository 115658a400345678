"""The step by which a node of RKE's releases leaves dockershim, which made its pods, for cri-dockerd.

cri-dockerd would take over what dockershim made, as both name and label their containers alike. But what dockershim
noted of each pod's sandbox lies in the old kubelet's container: without it nobody takes the ports of the host back that
led to the pod, and pods were seen that could not be ended. So they end before, while all of it is known.
"""

from __future__ import annotations

from dataclasses import replace

from rke_py.errors import ApiUnavailable, ProofFailed, RkeError
from rke_py.plan.reconcile import old_name
from rke_py.plan.rke.runtime import through_cri_dockerd
from rke_py.plan.steps import LeaveDockershim, ProveNode
from rke_py.rollout.docker_pods import docker_pods, has_pods_older_than, remove_docker_pods
from rke_py.rollout.ending_pods import end_docker_pods, release_addresses
from rke_py.rollout.gate import Deed
from rke_py.rollout.leftovers import discard
from rke_py.rollout.needed_images import images_there
from rke_py.rollout.owners import start_as_wanted
from rke_py.rollout.proof import last_lines, prove_lasting
from rke_py.rollout.put_back import put_back
from rke_py.rollout.readiness import prove_ready
from rke_py.rollout.site import Site
from rke_py.transport.interface import Engine

_AWAY = "no"
"""The restart policy of a kubelet that is taken away: after a reboot Docker would otherwise start it."""


def _leave(step: LeaveDockershim, site: Site) -> None:
    """Set the kubelet aside, take its pods off the host, start the new one; continues where a killed run stopped.

    A kubelet with cri-dockerd that is there already has pods of its own if we made it: those of dockershim were gone
    before it came. One of RKE's took them over.
    """
    engine = site.fleet[step.host].engine
    found = engine.inspect(step.name)
    if not _came(step, engine) or (found is not None and has_pods_older_than(engine, found)):
        _set_aside(step, engine)
        end_docker_pods(step.host, step.grace, site)
        release_addresses(step.host, site)
    start_as_wanted(step.spec, step.host, site)


def _came(step: LeaveDockershim, engine: Engine) -> bool:
    """Tell whether the new kubelet is there; one that a killed run was about to take away again counts as gone."""
    found = engine.inspect(step.name)
    return found is not None and through_cri_dockerd(found.spec) and found.spec.restart != _AWAY


def _set_aside(step: LeaveDockershim, engine: Engine) -> None:
    """Stop the kubelet and put it aside; its policy goes first.

    Where one is aside already, that is the last one that was proved.
    """
    found, old = engine.inspect(step.name), old_name(step.name)
    if found is None:
        return
    engine.set_restart(step.name, _AWAY)
    engine.stop(step.name, found.spec.grace)
    if engine.inspect(old) is None:
        engine.rename(step.name, old)
    else:
        engine.remove(step.name)


def _prove(step: LeaveDockershim, site: Site) -> None:
    prove_lasting(step.spec, step.host, site)
    if step.node is not None:
        prove_ready(replace(step.node, timeout=step.timeout), site)
    discard(old_name(step.name), step.host, site)


def _back(step: LeaveDockershim, site: Site, fault: RkeError) -> RkeError | None:
    """Put the old kubelet back, prove it, and let pods onto the node again; what cri-dockerd made of pods goes before.

    An API that is away says nothing against the node, which is proved by the next run. A pod that cannot be taken off
    the host does not keep the old kubelet from coming back.
    """
    if isinstance(fault, ApiUnavailable):
        return None
    engine = site.fleet[step.host].engine
    evidence = tuple(fault.evidence) or last_lines(step.name, step.host, site)
    if engine.inspect(old_name(step.name)) is not None:
        try:
            _take_new_pods_away(step, engine)
            if not docker_pods(engine):
                release_addresses(step.host, site)
        except RkeError as left:
            evidence = (*evidence, f"pods of cri-dockerd, or addresses of pods that are gone, are left: {left.what}")
    told = ProofFailed(step.host, fault.what, evidence=evidence, hint=fault.hint)
    return put_back(step, site, told, _node_before(step))


def _node_before(step: LeaveDockershim) -> ProveNode | None:
    """Return the proof of the node with the old kubelet; None where nobody knows what that reported."""
    if step.node is None or not step.version_before:
        return None
    return replace(step.node, version=step.version_before, timeout=step.timeout)


def _take_new_pods_away(step: LeaveDockershim, engine: Engine) -> None:
    """Remove the pods that a kubelet with cri-dockerd made, if there is one; dockershim's own go on."""
    if _came(step, engine):
        engine.set_restart(step.name, _AWAY)
        engine.stop(step.name, step.spec.grace)
        remove_docker_pods(engine, step.grace)


LEAVE = Deed(require=images_there, do=_leave, prove=_prove, undo=_back)
