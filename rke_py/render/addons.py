"""Every add-on of a cluster as Kubernetes objects, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rke_py.cluster.model import Cluster
from rke_py.errors import ConfigError, Problem
from rke_py.pki.model import Bundle
from rke_py.render.coredns import coredns
from rke_py.render.flannel import flannel
from rke_py.render.manifests import KubernetesObject, read_manifests, render_objects
from rke_py.render.metrics_server import metrics_server, metrics_server_problems

_BUILT_IN = ("rke-py", "flannel", "coredns", "metrics-server")


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
        ConfigError: Manifests or flags cannot be used; it names all of them.
    """
    users, problems = _users_own(cluster)
    if problems:
        raise ConfigError("the add-ons cannot be used", problems)
    return (*_built_in(cluster, credentials), *users)


def _built_in(cluster: Cluster, credentials: Bundle) -> Iterator[Addon]:
    """Yield our own add-ons."""
    yield Addon(name="rke-py", objects=render_objects("addons/rke-py.yaml.j2", {}))
    if cluster.network.plugin == "flannel":
        yield Addon(name="flannel", objects=flannel(cluster))
    if cluster.dns.provider == "coredns":
        yield Addon(name="coredns", objects=coredns(cluster))
    if cluster.monitoring.provider == "metrics-server":
        yield Addon(name="metrics-server", objects=metrics_server(cluster, credentials))


def _users_own(cluster: Cluster) -> tuple[list[Addon], list[Problem]]:
    """Return the user's add-ons, and everything that is wrong with them and with the options of ours."""
    problems = list(metrics_server_problems(cluster.monitoring))
    addons: dict[str, Addon] = {}
    for addon in cluster.addons:
        objects, found = read_manifests(addon.name, addon.text)
        problems += found
        if addon.name in _BUILT_IN or addon.name in addons:
            problems.append(Problem(where=addon.name, what="there are two add-ons of this name"))
        addons[addon.name] = Addon(name=addon.name, objects=objects)
    return list(addons.values()), problems
