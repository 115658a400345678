"""Every add-on of a cluster as Kubernetes objects, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rke_py.cluster.model import Cluster
from rke_py.errors import ConfigError, Problem
from rke_py.pki.model import Bundle
from rke_py.render.bootstrap import bootstrap
from rke_py.render.coredns import coredns
from rke_py.render.flannel import flannel
from rke_py.render.manifests import KubernetesObject, read_manifests
from rke_py.render.metrics_server import metrics_server


@dataclass(frozen=True, slots=True, kw_only=True)
class Addon:
    """Objects that are applied, owned and pruned together.

    Attributes:
        name: ``rke-py``, ``flannel``, ``coredns``, ``metrics-server``, or a user add-on's own name.
        objects: Parsed manifests; hidden from every ``repr``, since some are Secrets.
    """

    name: str
    objects: tuple[KubernetesObject, ...] = field(repr=False)


def render_addons(cluster: Cluster, credentials: Bundle) -> tuple[Addon, ...]:
    """Return the add-ons that cluster.yml asks for: ours first, then the user's in the file's order.

    Args:
        cluster: The wanted cluster.
        credentials: ``kube-ca`` and ``kube-metrics-server`` of it, when metrics-server is wanted.

    Raises:
        ConfigError: Options or manifests cannot be used; it names all of them.
    """
    rendered: dict[str, tuple[KubernetesObject, ...]] = {}
    problems: list[Problem] = []
    for name, objects, found in _all(cluster, credentials):
        problems += found
        if name in rendered:
            problems.append(Problem(where=f"addons {name}", what="there are two add-ons of this name"))
        rendered[name] = objects
    if problems:
        raise ConfigError("the add-ons of cluster.yml cannot be rendered", problems)
    return tuple(Addon(name=name, objects=objects) for name, objects in rendered.items())


_Rendered = tuple[str, tuple[KubernetesObject, ...], tuple[Problem, ...]]


def _all(cluster: Cluster, credentials: Bundle) -> Iterable[_Rendered]:
    """Yield each wanted add-on's name, objects and faults."""
    yield "rke-py", *bootstrap()
    if cluster.network.plugin == "flannel":
        yield "flannel", *flannel(cluster)
    if cluster.dns.provider == "coredns":
        yield "coredns", *coredns(cluster)
    if cluster.monitoring.provider == "metrics-server":
        yield "metrics-server", *metrics_server(cluster, credentials)
    for addon in cluster.addons:
        yield addon.name, *read_manifests(addon.name, addon.text)
