"""Where an add-on's pods may run and how they are replaced; inner keys are Kubernetes' own."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from rke_py.config.schema.base import Section
from rke_py.config.values import CountOrShare, Number, Text, TextMap


class TolerationConfig(Section):
    """One entry of ``tolerations``; RKE's ``tolerationseconds`` and Kubernetes' spelling both count."""

    key: Text = ""
    operator: Text = ""
    value: Text = ""
    effect: Text = ""
    toleration_seconds: Number | None = Field(
        None, validation_alias=AliasChoices("tolerationSeconds", "tolerationseconds")
    )


class RollingUpdateConfig(Section):
    """``update_strategy.rollingUpdate``."""

    max_unavailable: CountOrShare | None = Field(None, alias="maxUnavailable")
    max_surge: CountOrShare | None = Field(None, alias="maxSurge")


class UpdateStrategyConfig(Section):
    """``update_strategy`` of an add-on's DaemonSet or Deployment."""

    strategy: Text = ""
    rolling_update: RollingUpdateConfig | None = Field(None, alias="rollingUpdate")


class AddonConfig(Section):
    """What the network plugin, DNS and metrics have in common."""

    options: TextMap = Field(default_factory=dict)
    node_selector: TextMap = Field(default_factory=dict)
    update_strategy: UpdateStrategyConfig | None = None
    tolerations: tuple[TolerationConfig, ...] = ()
