"""Every add-on of a cluster as Kubernetes objects, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

from rke_py.catalog.order import minor_of
from rke_py.cluster.addon_model import DNS_CACHE
from rke_py.cluster.model import Cluster
from rke_py.errors import ConfigError, Problem
from rke_py.pki.model import Bundle
from rke_py.render.calico import calico, canal
from rke_py.render.coredns import coredns
from rke_py.render.flannel import flannel
from rke_py.render.ingress import ingress_nginx, traefik
from rke_py.render.kube_dns import kube_dns
from rke_py.render.manifests import KubernetesObject, read_manifests, render_objects
from rke_py.render.metrics_server import metrics_server
from rke_py.render.nodelocal import nodelocal
from rke_py.render.weave import weave

NETWORKS: Mapping[str, Callable[[Cluster], tuple[KubernetesObject, ...]]] = {
    "flannel": flannel,
    "canal": canal,
    "calico": calico,
    "weave": weave,
}
"""Pod networks by plugin."""

DNS: Mapping[str, Callable[[Cluster], tuple[KubernetesObject, ...]]] = {"coredns": coredns, "kube-dns": kube_dns}
"""Cluster DNS by provider."""

INGRESSES: Mapping[str, str] = {"nginx": "ingress-nginx", "traefik": "traefik"}
"""Ingress controllers by provider, with the names of their add-ons."""

NODELOCAL, METRICS_SERVER = DNS_CACHE, "metrics-server"
ACCESS = "rke-py"
"""What the components themselves may do, beyond what Kubernetes gives them."""

_BUILT_IN = frozenset({ACCESS, *NETWORKS, *DNS, *INGRESSES.values(), NODELOCAL, METRICS_SERVER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Addon:
    """Objects that are applied, owned and pruned together.

    Attributes:
        name: ``rke-py``, that of a plugin or provider (``canal``, ``coredns``, ``ingress-nginx``), or a user add-on's.
        objects: Parsed manifests; hidden from every ``repr``, since some are Secrets.
    """

    name: str
    objects: tuple[KubernetesObject, ...] = field(repr=False)


def render_addons(cluster: Cluster, credentials: Bundle) -> tuple[Addon, ...]:
    """Return the add-ons that cluster.yml asks for: ours first, then the user's in the file's order.

    Args:
        cluster: The wanted cluster.
        credentials: ``kube-ca`` of it, and those that metrics-server and nginx's webhook serve with.

    Raises:
        ConfigError: Manifests cannot be used; it names all of them.
    """
    users = render_users_addons(cluster)
    built_in = _built_in(cluster, credentials)
    return (*(Addon(name=name, objects=objects()) for name, objects in built_in.items()), *users)


def render_built_in(
    cluster: Cluster, credentials: Bundle, names: Collection[str], webhook_of_rke: str | None = None
) -> tuple[Addon, ...]:
    """Return those of our own add-ons that cluster.yml asks for and that are named; see ``render_addons``.

    Args:
        cluster: The wanted cluster.
        credentials: As for ``render_addons``, those of them that there are.
        names: The add-ons.
        webhook_of_rke: See ``ingress_nginx``.
    """
    built_in = _built_in(cluster, credentials, webhook_of_rke)
    return tuple(Addon(name=name, objects=objects()) for name, objects in built_in.items() if name in names)


def render_users_addons(cluster: Cluster) -> tuple[Addon, ...]:
    """Return the user's own add-ons in the file's order; raises ConfigError as ``render_addons``."""
    users, problems = _users_own(cluster)
    if problems:
        raise ConfigError("the add-ons cannot be used", problems)
    return tuple(users)


def _built_in(
    cluster: Cluster, credentials: Bundle, webhook_of_rke: str | None = None
) -> Mapping[str, Callable[[], tuple[KubernetesObject, ...]]]:
    """Return what renders each of our own add-ons that cluster.yml asks for, in the order in which they are applied."""
    ingress, dns, cache = cluster.ingress.provider, cluster.dns.provider, cluster.dns.nodelocal
    built_in: dict[str, Callable[[], tuple[KubernetesObject, ...]]] = {}
    if cluster.rke is None or cluster.api.rbac:
        built_in[ACCESS] = partial(render_objects, "addons/rke-py.yaml.j2", {"family": cluster.family.value})
    if network := NETWORKS.get(cluster.network.plugin):
        built_in[cluster.network.plugin] = partial(network, cluster)
    if server := DNS.get(dns):
        built_in[dns] = partial(server, cluster)
    if cache:
        built_in[NODELOCAL] = partial(nodelocal, cluster, cache)
    if cluster.monitoring.provider == METRICS_SERVER:
        built_in[METRICS_SERVER] = partial(metrics_server, cluster, credentials)
    if ingress == "nginx":
        built_in[INGRESSES["nginx"]] = partial(ingress_nginx, cluster, credentials, webhook_of_rke)
    if ingress == "traefik":
        built_in[INGRESSES["traefik"]] = partial(traefik, cluster)
    return built_in


def _users_own(cluster: Cluster) -> tuple[list[Addon], list[Problem]]:
    """Return the user's add-ons, and everything that is wrong with them."""
    problems: list[Problem] = []
    addons: dict[str, Addon] = {}
    for addon in cluster.addons:
        objects, found = read_manifests(addon.name, addon.text, minor_of(cluster.version))
        problems += found
        if addon.name in _BUILT_IN or addon.name in addons:
            problems.append(Problem(where=addon.name, what="there are two add-ons of this name"))
        addons[addon.name] = Addon(name=addon.name, objects=objects)
    return list(addons.values()), problems
