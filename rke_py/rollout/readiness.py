"""Proving that a node is Ready by the kubelet that runs now."""

from __future__ import annotations

from rke_py.plan.steps import ProveNode
from rke_py.rollout.proof import ask_api
from rke_py.rollout.site import Site


def prove_ready(step: ProveNode, site: Site) -> None:
    """Wait until the node is freshly Ready.

    Ready counts only from the start of the kubelet that runs now: an older Ready stays for 40 s after its death. It
    started before now, whatever its host's clock says that was set meanwhile.

    Raises:
        ApiError: It did not become so in time; says what is missing.
    """
    host, api = site.fleet[step.host], site.access.api
    kubelet = host.engine.inspect("kubelet")
    after = None
    if kubelet is not None and kubelet.started_at is not None:
        there = ask_api(site, api.server_time)
        after = min(there, kubelet.started_at - host.clock_offset + (there - site.time.now()))
    api.wait_ready(step.host, step.version, after, step.timeout)
