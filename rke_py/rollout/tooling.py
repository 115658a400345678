"""Runs the tools image on a host once it is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rke_py.plan.prefix import bind_on_host
from rke_py.rollout.site import Site
from rke_py.transport.tools import run_tools


def run_tools_command(
    host: str,
    command: Sequence[str],
    site: Site,
    *,
    timeout: float,
    binds: tuple[str, ...] = (),
    stdin: bytes | None = None,
) -> dict[str, Any]:
    """Wait for the tools image, run a command of it and return what it printed; raises EngineError."""
    image = site.cluster.images.tools
    site.images.ensure(host, image)
    prefix = site.prefix(host)
    placed = tuple(bind_on_host(bind, prefix) for bind in binds)
    engine = site.fleet[host].engine
    return run_tools(engine, host, image, command, timeout=timeout, binds=placed, prefix=str(prefix), stdin=stdin)
