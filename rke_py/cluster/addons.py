"""``network``, ``dns``, ``ingress`` and ``monitoring`` → what is deployed into the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import TypedDict

from rke_py.catalog.release import Release
from rke_py.cluster.addon_model import Autoscaling, Dns, Ingress, Monitoring, Network, NetworkMode, NodeLocal
from rke_py.cluster.model import Family
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.addons import LinearAutoscalerConfig, NodelocalConfig
from rke_py.config.schema.networks import NetworkConfig
from rke_py.config.schema.placement import AddonConfig, UpdateStrategyConfig

_BACKEND_SINCE = _HOST_PORT_SINCE = (1, 21)
"""RKE's ingress had a default back-end, and was in the host's network, before this."""

_COREDNS_SINCE = (1, 14)


def resolve_network(config: ClusterConfig, release: Release) -> Network:
    """Return the pod network; an option wins over the provider block that says the same, as in RKE."""
    network = config.network
    given = {key: value for key, value in network.options.items() if value}
    return Network(
        plugin=network.plugin or release.network_plugin,
        options={**_provider_blocks(network), **given},
        mtu=network.mtu,
        br_netfilter=network.enable_br_netfilter is not False,
        **_placed(network),
    )


def _provider_blocks(network: NetworkConfig) -> dict[str, str]:
    """Return what the provider blocks say as options; each is read, whatever the plugin, as in RKE."""
    calico, canal = network.calico_network_provider, network.canal_network_provider
    flannel, weave = network.flannel_network_provider, network.weave_network_provider
    options = {
        "calico_cloud_provider": calico.cloud_provider if calico else "",
        "canal_iface": canal.iface if canal else "",
        "flannel_iface": flannel.iface if flannel else "",
        "WeavePassword": weave.password.get_secret_value() if weave else "",
    }
    return {key: value for key, value in options.items() if value}


def resolve_dns(config: ClusterConfig, release: Release) -> Dns:
    """Return cluster DNS with as many replicas as the nodes ask for."""
    dns = config.dns
    parameters = dns.linear_autoscaler_params or LinearAutoscalerConfig()
    return Dns(
        provider=dns.provider or ("coredns" if release.minor >= _COREDNS_SINCE else "kube-dns"),
        upstreamnameservers=dns.upstreamnameservers,
        reversecidrs=dns.reversecidrs,
        stubdomains=dict(dns.stubdomains),
        options=dict(dns.options),
        replicas=linear_replicas(parameters, len(config.nodes)),
        autoscaling=Autoscaling(
            cores_per_replica=parameters.cores_per_replica,
            nodes_per_replica=parameters.nodes_per_replica,
            minimum=parameters.min,
            maximum=parameters.max,
            prevent_single_point_failure=parameters.prevent_single_point_failure,
        ),
        nodelocal=_nodelocal(dns.nodelocal),
        **_placed(dns),
    )


def _nodelocal(cache: NodelocalConfig | None) -> NodeLocal | None:
    if cache is None or not cache.ip_address:
        return None
    return NodeLocal(
        ip_address=cache.ip_address,
        priority_class_name=cache.node_local_dns_priority_class_name,
        node_selector=dict(cache.node_selector),
        update_strategy=_update_strategy(cache.update_strategy),
    )


def resolve_ingress(config: ClusterConfig, release: Release) -> Ingress:
    """Return the ingress controller: nginx with RKE's own releases, Traefik with others, unless one is named."""
    ingress = config.ingress
    mode = NetworkMode.HOST_PORT if release.minor >= _HOST_PORT_SINCE else NetworkMode.HOST_NETWORK
    return Ingress(
        provider=ingress.provider or ("nginx" if release.family == Family.RKE else "traefik"),
        network_mode=NetworkMode(ingress.network_mode) if ingress.network_mode else mode,
        http_port=ingress.http_port or 80,
        https_port=ingress.https_port or 443,
        default_backend=_or(ingress.default_backend, default=release.minor < _BACKEND_SINCE),
        default_ingress_class=_or(ingress.default_ingress_class, default=True),
        dns_policy=ingress.dns_policy,
        options=dict(ingress.options),
        extra_args=dict(ingress.extra_args),
        extra_envs=ingress.extra_envs,
        extra_volumes=ingress.extra_volumes,
        extra_volume_mounts=ingress.extra_volume_mounts,
        controller_priority_class=ingress.nginx_ingress_controller_priority_class_name,
        backend_priority_class=ingress.default_http_backend_priority_class_name,
        **_placed(ingress),
    )


def resolve_monitoring(config: ClusterConfig) -> Monitoring:
    """Return resource metrics."""
    monitoring = config.monitoring
    return Monitoring(
        provider=monitoring.provider or "metrics-server",
        options=dict(monitoring.options),
        replicas=1 if monitoring.replicas is None else monitoring.replicas,
        priority_class_name=monitoring.metrics_server_priority_class_name,
        **_placed(monitoring),
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


class _Placed(TypedDict):
    node_selector: Mapping[str, str]
    tolerations: tuple[Mapping[str, object], ...]
    update_strategy: Mapping[str, object]


def _placed(addon: AddonConfig) -> _Placed:
    """Return what all add-ons have."""
    return {
        "node_selector": dict(addon.node_selector),
        "tolerations": _tolerations(addon),
        "update_strategy": _update_strategy(addon.update_strategy),
    }


def _or(given: bool | None, *, default: bool) -> bool:
    return default if given is None else given


def _update_strategy(given: UpdateStrategyConfig | None) -> dict[str, object]:
    if given is None:
        return {}
    written = given.model_dump(by_alias=True, exclude_none=True)
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
