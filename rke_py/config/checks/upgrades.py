"""``upgrade_strategy``: limits that can be kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig

_COUNT = re.compile(r"[1-9][0-9]*\Z")
_SHARE = re.compile(r"([1-9]?[0-9]|100)%\Z")


def upgrade_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield limits that are no count and no share, and those that are risky."""
    strategy = config.upgrade_strategy
    for key in ("max_unavailable_worker", "max_unavailable_controlplane"):
        limit = getattr(strategy, key)
        if limit and not _is_limit(limit):
            hint = "Write a count of at least 1 or a share such as 10%."
            yield Finding(path=("upgrade_strategy", key), what=f"'{limit}' is not a limit", hint=hint)
    if strategy.max_unavailable_controlplane not in ("", "1") and _is_limit(strategy.max_unavailable_controlplane):
        what = "more than one control-plane node may be down at once; quorum of etcd caps it where they share hosts"
        path: Path = ("upgrade_strategy", "max_unavailable_controlplane")
        yield Finding(path=path, what=what, hint="Write 1 to be safe.", warning=True)
    drain = strategy.node_drain_input
    if drain is not None:
        if drain.timeout < 0:
            path = ("upgrade_strategy", "node_drain_input", "timeout")
            yield Finding(path=path, what="a negative time means nothing", hint="Write seconds.")
        if drain.grace_period < -1:
            path = ("upgrade_strategy", "node_drain_input", "grace_period")
            yield Finding(
                path=path, what="a negative time means nothing", hint="Write seconds, or -1 for the pod's own."
            )


def _is_limit(text: str) -> bool:
    if _COUNT.match(text):
        return True
    return bool(_SHARE.match(text)) and text not in ("0%", "00%")
