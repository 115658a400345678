"""Steps on add-ons: apply, prune, wait until they work."""

from __future__ import annotations

from rke_py.plan.steps import ApplyAddon
from rke_py.rollout.gate import Deed
from rke_py.rollout.proof import ask_api
from rke_py.rollout.site import Site


def _apply(step: ApplyAddon, site: Site) -> None:
    ask_api(site, lambda: site.access.api.apply(step.addon, step.objects))


def _prove(step: ApplyAddon, site: Site) -> None:
    if step.objects and step.timeout:
        site.access.api.wait(step.addon, step.objects, step.timeout)


APPLY = Deed(do=_apply, prove=_prove)
