"""``upgrade_strategy``: how much may be down at once."""

from __future__ import annotations

from rke_py.config.schema.base import Section
from rke_py.config.values import Flag, Number, Text


class NodeDrainConfig(Section):
    """``upgrade_strategy.node_drain_input``; seconds."""

    force: Flag = False
    ignore_daemonsets: Flag = True
    delete_local_data: Flag = False
    grace_period: Number = -1
    timeout: Number = 120


class UpgradeStrategyConfig(Section):
    """``upgrade_strategy``; a limit is a count (``2``) or a share (``10%``)."""

    max_unavailable_worker: Text = ""
    max_unavailable_controlplane: Text = ""
    drain: Flag | None = None
    node_drain_input: NodeDrainConfig | None = None
