"""Sections of cluster.yml whose add-on a job of RKE's applied, and that are rke-py's from their first edit on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rke_py.plan.rke.filled import Section as Filled
from rke_py.plan.rke.filled import filled_cache, filled_dns, filled_ingress, filled_monitoring, filled_network
from rke_py.render.addons import INGRESSES, METRICS_SERVER, NETWORKS, NODELOCAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A choice of ``provider``.

    Attributes:
        addon: What our add-on is called.
        job: What RKE calls its ConfigMap, and its job without the ending.
    """

    addon: str
    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section.

    Attributes:
        filled: Returns it from a configuration, with what RKE fills in.
        providers: By the word that cluster.yml has for them.
        loss: What is lost with ``provider: none``; empty where a plan tells it whoever made the cluster.
        looked_for: True where ours uses something that RKE's job left in the cluster.
        stays: True where nothing can take the place of what runs.
        key: Where the section says its provider.
    """

    filled: Callable[[Filled], Filled]
    providers: Mapping[str, Provider]
    loss: str
    looked_for: bool = False
    stays: bool = False
    key: str = "provider"

    @property
    def addons(self) -> frozenset[str]:
        """Our add-ons, whichever is chosen."""
        return frozenset(provider.addon for provider in self.providers.values())

    def provider(self, configuration: Mapping[str, Any]) -> str:
        """Return the word by which a configuration chooses."""
        return str(self.filled(configuration)[self.key])

    def applied_last(self, configuration: Mapping[str, Any]) -> frozenset[str]:
        """Return the job whose add-on a configuration that was applied has; none for one that is unknown here."""
        provider = self.providers.get(self.provider(configuration))
        return frozenset({provider.job} if provider else ())


SECTIONS: Mapping[str, Section] = {
    "network": Section(
        filled=filled_network,
        providers={plugin: Provider(addon=plugin, job="rke-network-plugin") for plugin in NETWORKS},
        loss="",
        stays=True,
        key="plugin",
    ),
    "dns": Section(
        filled=filled_dns,
        providers={
            "coredns": Provider(addon="coredns", job="rke-coredns-addon"),
            "kube-dns": Provider(addon="kube-dns", job="rke-kube-dns-addon"),
        },
        loss="the cluster's DNS goes: pods find no names until something of yours answers at its address",
    ),
    "dns.nodelocal": Section(
        filled=filled_cache,
        providers={NODELOCAL: Provider(addon=NODELOCAL, job="rke-nodelocal-addon")},
        loss="",
    ),
    "monitoring": Section(
        filled=filled_monitoring,
        providers={METRICS_SERVER: Provider(addon=METRICS_SERVER, job="rke-metrics-addon")},
        loss="metrics-server goes: kubectl top and what scales pods by their use have no figures",
    ),
    "ingress": Section(
        filled=filled_ingress,
        providers={"nginx": Provider(addon=INGRESSES["nginx"], job="rke-ingress-controller")},
        loss="the ingress controller goes: nothing answers for Ingresses on ports 80 and 443 of the hosts",
        looked_for=True,
    ),
}
"""By name.

The webhook of the ingress controller goes on with the certificate that a job of RKE's made for it: with another one,
or without any, changes of Ingresses would be refused while the controller is replaced.
"""
