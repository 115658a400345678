"""What an operator should know at the end of a run that found nothing of it to do."""

from __future__ import annotations

from rke_py.errors import Problem
from rke_py.plan.steps import ApplyAddon
from rke_py.workflows.planning import Prepared


def unready(prepared: Prepared) -> tuple[Problem, ...]:
    """Name the nodes that were not Ready although there is nothing to do about them."""
    busy = {step.host for step in prepared.plan.steps}
    hint = "Look with: rke-py status, kubectl describe node"
    return tuple(
        Problem(
            where=name,
            what="the node is not Ready, and nothing of it differs from cluster.yml",
            hint=hint,
            warning=True,
        )
        for name, node in prepared.observed.nodes.items()
        if name in prepared.nodes and not node.ready and name not in busy
    )


def uncompared(prepared: Prepared) -> tuple[Problem, ...]:
    """Say that nodes were not compared because no API server of a cluster that exists answered at the begin."""
    if prepared.observed.api or not prepared.desired.configuration:
        return ()
    what = "no API server answered when this run began: labels, taints and annotations of nodes were not compared"
    return (Problem(where="API", what=what, hint="Run the same once more: rke-py up", warning=True),)


def not_working(prepared: Prepared) -> tuple[Problem, ...]:
    """Name the add-ons that do not work although there is nothing to do about them.

    An earlier run may have waited for them in vain: what it applied is as wanted ever since.
    """
    busy = {step.addon for step in prepared.plan.steps if isinstance(step, ApplyAddon)}
    hint = "Look with: rke-py doctor, kubectl describe"
    return tuple(
        Problem(
            where=found.addon,
            what=f"{found.kind} {found.name} does not work, and nothing of it differs: {found.missing}",
            hint=hint,
            warning=True,
        )
        for found in prepared.observed.objects
        if found.missing and found.addon not in busy
    )


def compared(prepared: Prepared) -> str:
    """Say what was looked at, so that an empty plan can be believed."""
    containers = sum(len(node.containers) for node in prepared.nodes.values())
    files = sum(len(node.files) for node in prepared.nodes.values())
    observed = prepared.observed
    text = f"{containers} containers and {files} files on {len(prepared.nodes)} hosts"
    return f"{text}, {len(observed.nodes)} nodes and {len(observed.objects)} objects of add-ons"
