"""``network``, ``dns`` and ``monitoring`` → what is deployed into the cluster."""

from __future__ import annotations

from math import ceil

from rke_py.cluster.addon_model import Dns, Monitoring, Network
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.addons import LinearAutoscalerConfig
from rke_py.config.schema.placement import AddonConfig


def resolve_network(config: ClusterConfig, default_plugin: str) -> Network:
    """Return the pod network; an option wins over the provider block that says the same, as in RKE."""
    network = config.network
    options = dict(network.options)
    if network.flannel_network_provider and network.flannel_network_provider.iface:
        options.setdefault("flannel_iface", network.flannel_network_provider.iface)
    return Network(
        plugin=network.plugin or default_plugin,
        options=options,
        node_selector=dict(network.node_selector),
        update_strategy=_update_strategy(network),
        tolerations=_tolerations(network),
    )


def resolve_dns(config: ClusterConfig) -> Dns:
    """Return cluster DNS with as many replicas as the nodes ask for."""
    dns = config.dns
    return Dns(
        provider=dns.provider or "coredns",
        upstreamnameservers=dns.upstreamnameservers,
        reversecidrs=dns.reversecidrs,
        stubdomains=dict(dns.stubdomains),
        node_selector=dict(dns.node_selector),
        update_strategy=_update_strategy(dns),
        tolerations=_tolerations(dns),
        options=dict(dns.options),
        replicas=linear_replicas(dns.linear_autoscaler_params or LinearAutoscalerConfig(), len(config.nodes)),
    )


def resolve_monitoring(config: ClusterConfig) -> Monitoring:
    """Return resource metrics."""
    monitoring = config.monitoring
    return Monitoring(
        provider=monitoring.provider or "metrics-server",
        options=dict(monitoring.options),
        node_selector=dict(monitoring.node_selector),
        update_strategy=_update_strategy(monitoring),
        tolerations=_tolerations(monitoring),
        replicas=1 if monitoring.replicas is None else monitoring.replicas,
        priority_class_name=monitoring.metrics_server_priority_class_name,
    )


def linear_replicas(parameters: LinearAutoscalerConfig, nodes: int, cores: int = 0) -> int:
    """Return how many replicas the linear mode of cluster-proportional-autoscaler asks for.

    Args:
        parameters: ``dns.linear_autoscaler_params``; a count of 0 per replica leaves that one out.
        nodes: Number of nodes.
        cores: Cores of all nodes together, 0 while nobody has looked at them.
    """
    wanted = max(
        ceil(cores / parameters.cores_per_replica) if parameters.cores_per_replica else 0,
        ceil(nodes / parameters.nodes_per_replica) if parameters.nodes_per_replica else 0,
    )
    least = max(parameters.min, 2 if parameters.prevent_single_point_failure and nodes > 1 else 1)
    wanted = max(wanted, least)
    return min(wanted, parameters.max) if parameters.max else wanted


def _update_strategy(addon: AddonConfig) -> dict[str, object]:
    if addon.update_strategy is None:
        return {}
    written = addon.update_strategy.model_dump(by_alias=True, exclude_none=True)
    return {key: value for key, value in written.items() if value}


def _tolerations(addon: AddonConfig) -> tuple[dict[str, object], ...]:
    """Return the tolerations in Kubernetes' own spelling, without empty fields."""
    return tuple(
        {
            key: value
            for key, value in (
                ("key", toleration.key),
                ("operator", toleration.operator),
                ("value", toleration.value),
                ("effect", toleration.effect),
                ("tolerationSeconds", toleration.toleration_seconds),
            )
            if value not in ("", None)
        }
        for toleration in addon.tolerations
    )
