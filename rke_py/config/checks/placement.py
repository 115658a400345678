"""Where the pods of an add-on may run, and how they are replaced."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.config.checks.labels import label_findings, toleration_findings
from rke_py.config.findings import Finding, Path, nearest
from rke_py.config.schema.placement import AddonConfig, RollingUpdateConfig, UpdateStrategyConfig

_NONE = (0, "0%")
_ALL = 100  # percent
_LARGEST = 2**31 - 1  # of Kubernetes' IntOrString


def placement_findings(section: str, addon: AddonConfig, *, daemon: bool) -> Iterator[Finding]:
    """Yield what Kubernetes would refuse in what all add-ons have; ``daemon`` tells a DaemonSet from a Deployment."""
    yield from label_findings((section, "node_selector"), addon.node_selector)
    yield from toleration_findings((section, "tolerations"), addon.tolerations)
    yield from update_strategy_findings((section, "update_strategy"), addon.update_strategy, daemon=daemon)


def update_strategy_findings(path: Path, given: UpdateStrategyConfig | None, *, daemon: bool) -> Iterator[Finding]:
    """Yield what Kubernetes would refuse in the strategy of a DaemonSet (``daemon``) or a Deployment."""
    if given is None:
        return
    strategies = ("RollingUpdate", "OnDelete") if daemon else ("RollingUpdate", "Recreate")
    if given.strategy and given.strategy not in strategies:
        what = f"'{given.strategy}' is not an update strategy of {'a DaemonSet' if daemon else 'a Deployment'}"
        yield Finding(path=(*path, "strategy"), what=what, hint=nearest(given.strategy, strategies))
    rolling = given.rolling_update
    if rolling is None:
        return
    if given.strategy not in ("", "RollingUpdate"):
        what = f"rollingUpdate has no effect with strategy {given.strategy}"
        yield Finding(path=(*path, "rollingUpdate"), what=what, hint="Remove it.", warning=True, at_key=True)
    if daemon and rolling.max_surge is not None:
        what = "maxSurge is not for this DaemonSet: it holds ports of the host"
        yield Finding(path=(*path, "rollingUpdate", "maxSurge"), what=what, hint="Remove it.", at_key=True)
    yield from _limit_findings((*path, "rollingUpdate"), rolling)
    if rolling.max_unavailable in _NONE and rolling.max_surge in ((*_NONE, None) if daemon else _NONE):
        what = "nothing may be down and nothing may be added, so nothing could ever be replaced"
        yield Finding(path=(*path, "rollingUpdate"), what=what, hint="Allow at least 1 of either.")


def _limit_findings(path: Path, rolling: RollingUpdateConfig) -> Iterator[Finding]:
    """Yield limits beyond Kubernetes': a number of 32 bits, and not more than all of the pods may be down."""
    for key, limit in (("maxUnavailable", rolling.max_unavailable), ("maxSurge", rolling.max_surge)):
        if limit is not None and _amount(limit) > _LARGEST:
            yield Finding(path=(*path, key), what=f"{limit} is more than Kubernetes can count", hint="Write 25%.")
        elif key == "maxUnavailable" and isinstance(limit, str) and _amount(limit) > _ALL:
            yield Finding(path=(*path, key), what=f"{limit} is more than all pods", hint="Write at most 100%.")


def _amount(limit: int | str) -> int:
    return int(limit.removesuffix("%")) if isinstance(limit, str) else limit
