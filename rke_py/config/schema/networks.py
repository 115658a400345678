"""``network``: the pod network and the options of each plugin."""

from __future__ import annotations

from pydantic import AliasChoices, Field, SecretStr

from rke_py.config.schema.aci import AciProviderConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.placement import AddonConfig
from rke_py.config.values import Flag, Number, Secret, Text


class CalicoProviderConfig(Section):
    """``network.calico_network_provider``: the older way to write ``options.calico_cloud_provider``."""

    cloud_provider: Text = Field("", validation_alias=AliasChoices("cloudprovider", "cloud_provider"))


class CanalProviderConfig(Section):
    """``network.canal_network_provider``: the older way to write ``options.canal_iface``."""

    iface: Text = ""


class FlannelProviderConfig(Section):
    """``network.flannel_network_provider``: the older way to write ``options.flannel_iface``."""

    iface: Text = ""


class WeaveProviderConfig(Section):
    """``network.weave_network_provider``: the older way to write ``options.WeavePassword``."""

    password: Secret = SecretStr("")


class NetworkConfig(AddonConfig):
    """``network``: the pod network."""

    plugin: Text = ""
    mtu: Number = 0
    enable_br_netfilter: Flag | None = None
    calico_network_provider: CalicoProviderConfig | None = None
    canal_network_provider: CanalProviderConfig | None = None
    flannel_network_provider: FlannelProviderConfig | None = None
    weave_network_provider: WeaveProviderConfig | None = None
    aci_network_provider: AciProviderConfig | None = None
