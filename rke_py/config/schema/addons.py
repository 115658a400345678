"""``network``, ``dns`` and ``monitoring``."""

from __future__ import annotations

from pydantic import Field

from rke_py.config.schema.base import Section
from rke_py.config.schema.placement import AddonConfig
from rke_py.config.values import Flag, Number, Text, Texts


class FlannelProviderConfig(Section):
    """``network.flannel_network_provider``: the older way to write ``options.flannel_iface``."""

    iface: Text = ""


class NetworkConfig(AddonConfig):
    """``network``: the pod network."""

    plugin: Text = ""
    mtu: Number = 0
    enable_br_netfilter: Flag | None = None
    flannel_network_provider: FlannelProviderConfig = FlannelProviderConfig()


class LinearAutoscalerConfig(Section):
    """``dns.linear_autoscaler_params``: how many replicas for how many nodes and cores; each missing one is RKE's."""

    cores_per_replica: Number = 128
    nodes_per_replica: Number = 4
    min: Number = 1
    max: Number = 0
    prevent_single_point_failure: Flag = True


class DnsConfig(AddonConfig):
    """``dns``: names of Services and pods."""

    provider: Text = ""
    upstreamnameservers: Texts = ()
    reversecidrs: Texts = ()
    stubdomains: dict[Text, Texts] = Field(default_factory=dict)
    linear_autoscaler_params: LinearAutoscalerConfig | None = None


class MonitoringConfig(AddonConfig):
    """``monitoring``: resource metrics; ``options`` are flags of metrics-server."""

    provider: Text = ""
    replicas: Number | None = None
    metrics_server_priority_class_name: Text = ""
