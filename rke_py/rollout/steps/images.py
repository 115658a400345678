"""The step that brings an image to a host."""

from __future__ import annotations

from rke_py.plan.steps import PullImage
from rke_py.rollout.gate import Deed
from rke_py.rollout.site import Site


def _pull(step: PullImage, site: Site) -> None:
    site.images.ensure(step.host, step.image)


PULL = Deed(do=_pull)
