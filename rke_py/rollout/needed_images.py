"""What a step that needs images waits for before it changes anything."""

from __future__ import annotations

from rke_py.plan.step_images import images_of
from rke_py.plan.steps import Step
from rke_py.rollout.site import Site


def images_there(step: Step, site: Site) -> None:
    """Wait until the step's host has its images; raises ImageMissing when one cannot be had."""
    for image in images_of(step):
        site.images.ensure(step.host, image)
