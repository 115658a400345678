"""``dns``, ``ingress`` and ``monitoring``."""

from __future__ import annotations

from pydantic import Field

from rke_py.config.schema.base import Section
from rke_py.config.schema.placement import AddonConfig, UpdateStrategyConfig
from rke_py.config.values import Flag, Number, SensitiveObject, Text, TextMap, Texts


class LinearAutoscalerConfig(Section):
    """``dns.linear_autoscaler_params``: how many replicas for how many nodes and cores; each missing one is RKE's."""

    cores_per_replica: Number = 128
    nodes_per_replica: Number = 4
    min: Number = 1
    max: Number = 0
    prevent_single_point_failure: Flag = True


class NodelocalConfig(Section):
    """``dns.nodelocal``: a cache on every node, in use when it has an address."""

    ip_address: Text = ""
    node_selector: TextMap = Field(default_factory=dict)
    update_strategy: UpdateStrategyConfig | None = None
    node_local_dns_priority_class_name: Text = ""


class DnsConfig(AddonConfig):
    """``dns``: names of Services and pods."""

    provider: Text = ""
    upstreamnameservers: Texts = ()
    reversecidrs: Texts = ()
    stubdomains: dict[Text, Texts] = Field(default_factory=dict)
    linear_autoscaler_params: LinearAutoscalerConfig | None = None
    nodelocal: NodelocalConfig | None = None


class IngressConfig(AddonConfig):
    """``ingress``: the way in; ``options`` are entries of nginx's ConfigMap.

    ``extra_envs``, ``extra_volumes`` and ``extra_volume_mounts`` are Kubernetes' own objects.
    """

    provider: Text = ""
    network_mode: Text = ""
    http_port: Number = 0
    https_port: Number = 0
    default_backend: Flag | None = None
    default_ingress_class: Flag | None = None
    dns_policy: Text = ""
    extra_args: TextMap = Field(default_factory=dict)
    extra_envs: tuple[SensitiveObject, ...] = ()
    extra_volumes: tuple[SensitiveObject, ...] = ()
    extra_volume_mounts: tuple[SensitiveObject, ...] = ()
    default_http_backend_priority_class_name: Text = ""
    nginx_ingress_controller_priority_class_name: Text = ""


class MonitoringConfig(AddonConfig):
    """``monitoring``: resource metrics; ``options`` are flags of metrics-server."""

    provider: Text = ""
    replicas: Number | None = None
    metrics_server_priority_class_name: Text = ""
