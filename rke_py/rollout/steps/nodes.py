"""Steps on Node objects: set what they carry, drain, prove that they are freshly Ready."""

from __future__ import annotations

from rke_py.errors import RkeError
from rke_py.plan.steps import CordonNode, DeleteNode, DrainNode, ProveNode, SetNode, UncordonNode
from rke_py.rollout.gate import Deed
from rke_py.rollout.needed_images import images_there
from rke_py.rollout.proof import ask_api, prove_settled
from rke_py.rollout.readiness import prove_ready
from rke_py.rollout.site import Site

_REGISTRATION_TIMEOUT = 120


def _set(step: SetNode, site: Site) -> None:
    site.access.api.wait_registered(step.host, _REGISTRATION_TIMEOUT)
    site.access.api.set_node(step.host, step.want)


def _prove(step: ProveNode, site: Site) -> None:
    prove_ready(step, site)
    prove_settled(step.host, site, without=step.going)


def _cordon(step: CordonNode, site: Site) -> None:
    ask_api(site, lambda: site.access.api.cordon(step.host))


def _delete(step: DeleteNode, site: Site) -> None:
    ask_api(site, lambda: site.access.api.delete_node(step.host))


def _drain(step: DrainNode, site: Site) -> None:
    ask_api(site, lambda: site.access.api.drain(step.host, step.options, spare=step.spare))


def _undo_drain(step: DrainNode, site: Site, fault: RkeError) -> RkeError:
    """Let pods onto the node again: it keeps what could not be evicted."""
    ask_api(site, lambda: site.access.api.uncordon(step.host))
    return fault


def _uncordon(step: UncordonNode, site: Site) -> None:
    ask_api(site, lambda: site.access.api.uncordon(step.host))


CORDON = Deed(do=_cordon)
DELETE = Deed(do=_delete)
DRAIN = Deed(require=images_there, do=_drain, undo=_undo_drain)
UNCORDON = Deed(do=_uncordon)
SET = Deed(do=_set)
PROVE = Deed(do=_prove)
