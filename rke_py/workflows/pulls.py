"""How a workflow brings images to hosts."""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.rollout.images import Images
from rke_py.transport.interface import Fleet
from rke_py.workflows.context import Context


def images_of(cluster: Cluster, fleet: Fleet, context: Context) -> Images:
    """Return what pulls the images of a run, with the run's clock, its reporter and its wish to stop."""
    return Images(fleet, cluster, context.reporter, context.clock.pause, context.stop)
