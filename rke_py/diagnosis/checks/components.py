"""Components that do not run, or run and are not healthy."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding, Health

_KILLED = 137
_LINES = 5


def unhealthy(examined: Examined) -> Iterable[Finding]:
    """Find containers of the cluster that are absent, stopped, restarting, or fail their health check."""
    for health in examined.health:
        if not health.healthy:
            yield Finding(
                check="components",
                where=health.host,
                cause=_cause(health),
                evidence=(*filter(None, (health.detail,)), *health.last_lines[-_LINES:]),
                remedy=f"Its log: docker logs {health.name}. rke-py up creates, starts or replaces it.",
            )


def _cause(health: Health) -> str:
    if health.container == "absent":
        return f"{health.name} is missing"
    if health.container == "running":
        return f"{health.name} runs but is not healthy"
    killed = ", killed: out of memory, or stopped by force" if health.exit_code == _KILLED else ""
    return f"{health.name} does not run ({health.container}, exit status {health.exit_code}{killed})"
