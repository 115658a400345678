"""Steps on Node objects: set what they carry, drain, prove that they are freshly Ready."""

from __future__ import annotations

from rke_py.errors import RkeError
from rke_py.plan.steps import CordonNode, DeleteNode, DrainNode, ProveNode, SetNode, UncordonNode
from rke_py.rollout.gate import Deed
from rke_py.rollout.proof import ask_api, prove_settled
from rke_py.rollout.site import Site

_REGISTRATION_TIMEOUT = 120


def _set(step: SetNode, site: Site) -> None:
    site.access.api.wait_registered(step.host, _REGISTRATION_TIMEOUT)
    site.access.api.set_node(step.host, step.labels, step.taints, step.annotations)


def _prove(step: ProveNode, site: Site) -> None:
    """Ready counts only from the start of the kubelet that runs now: an older Ready stays for 40 s after its death.

    It started before now, whatever its host's clock says that was set meanwhile.
    """
    host, api = site.fleet[step.host], site.access.api
    kubelet = host.engine.inspect("kubelet")
    after = None
    if kubelet is not None and kubelet.started_at is not None:
        there = ask_api(site, api.server_time)
        after = min(there, kubelet.started_at - host.clock_offset + (there - site.time.now()))
    api.wait_ready(step.host, step.version, after, step.timeout)
    prove_settled(step.host, site, without=step.going)


def _cordon(step: CordonNode, site: Site) -> None:
    ask_api(site, lambda: site.access.api.cordon(step.host))


def _delete(step: DeleteNode, site: Site) -> None:
    ask_api(site, lambda: site.access.api.delete_node(step.host))


def _drain(step: DrainNode, site: Site) -> None:
    site.access.api.drain(step.host, step.options)


def _undo_drain(step: DrainNode, site: Site, fault: RkeError) -> RkeError:
    """Let pods onto the node again: it keeps what could not be evicted."""
    site.access.api.uncordon(step.host)
    return fault


def _uncordon(step: UncordonNode, site: Site) -> None:
    site.access.api.uncordon(step.host)


CORDON = Deed(do=_cordon)
DELETE = Deed(do=_delete)
DRAIN = Deed(do=_drain, undo=_undo_drain)
UNCORDON = Deed(do=_uncordon)
SET = Deed(do=_set)
PROVE = Deed(do=_prove)
