"""What the components themselves need beyond Kubernetes' own bootstrap roles."""

from __future__ import annotations

from rke_py.errors import Problem
from rke_py.render.manifests import KubernetesObject, render_objects


def bootstrap() -> tuple[tuple[KubernetesObject, ...], tuple[Problem, ...]]:
    """Return the objects that the control plane needs, and no faults."""
    return render_objects("addons/rke-py.yaml.j2", {}), ()
