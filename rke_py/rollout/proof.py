"""Waiting for conditions, and proving that a container is healthy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from rke_py.errors import ApiUnavailable, HostError, ProofFailed
from rke_py.plan.containers import ContainerSpec, RunningCheck, Status
from rke_py.rollout.site import Site

T = TypeVar("T")

EVIDENCE_LINES = 12
_PAUSE = 0.15
_SETTLED = 1.0
_API_TIMEOUT = 60
"""Seconds for which an API server may be away while another step replaces it, or an etcd member that it needs."""

_HOPELESS = 6
"""Docker waits twice as long before each restart: this many take 6 s and more."""


def wait_for(site: Site, condition: Callable[[], str], timeout: float) -> str:
    """Look at a condition until it holds.

    Args:
        site: Tells the time.
        condition: Returns what is still missing; empty text when it holds.
        timeout: Seconds.

    Returns:
        Empty text, or what was still missing when the time was over.
    """
    deadline = site.time.now() + timedelta(seconds=timeout)
    while missing := condition():
        if site.time.now() >= deadline:
            return missing
        site.time.pause(_PAUSE)
    return ""


def ask_api(site: Site, ask: Callable[[], T]) -> T:
    """Ask the Kubernetes API again for as long as it may be away; what is asked has to do no harm twice.

    Raises:
        ApiUnavailable: It stayed away.
    """
    deadline = site.time.now() + timedelta(seconds=_API_TIMEOUT)
    while True:
        try:
            return ask()
        except ApiUnavailable:
            if site.time.now() >= deadline:
                raise
        site.time.pause(_PAUSE)


def prove_container(spec: ContainerSpec, host: str, site: Site) -> None:
    """Wait until the container runs and its check is good.

    Raises:
        ProofFailed: It did not become healthy in time, or it ended again and again; carries its last log lines.
    """
    earlier = _restarts(spec, host, site)
    missing = wait_for(site, lambda: _raise_hopeless(spec, host, site, earlier), spec.start_timeout)
    if missing:
        raise _failed(spec, host, site, f"did not become healthy within {spec.start_timeout} s: {missing}")


def _raise_hopeless(spec: ContainerSpec, host: str, site: Site, earlier: int) -> str:
    """Return what keeps the container from being healthy; one that ends again and again is not waited for."""
    missing = _unhealthy(spec, host, site)
    if missing and _restarts(spec, host, site) - earlier >= _HOPELESS:
        raise _failed(spec, host, site, f"ends again and again: {missing}")
    return missing


def _restarts(spec: ContainerSpec, host: str, site: Site) -> int:
    found = site.fleet[host].engine.inspect(spec.name)
    return found.restart_count if found else 0


def _failed(spec: ContainerSpec, host: str, site: Site, what: str) -> ProofFailed:
    return ProofFailed(
        host,
        f"{spec.name} {what}",
        evidence=last_lines(spec.name, host, site),
        hint=f"Read the rest on the host with: docker logs {spec.name}",
    )


def last_lines(name: str, host: str, site: Site) -> tuple[str, ...]:
    """Return the container's last log lines; none when they cannot be had, since they are only evidence."""
    try:
        return site.fleet[host].engine.logs(name, EVIDENCE_LINES)
    except HostError:
        return ()


def _unhealthy(spec: ContainerSpec, host: str, site: Site) -> str:
    found = site.fleet[host].engine.inspect(spec.name)
    if found is None:
        return "the container is gone"
    if found.status is not Status.RUNNING:
        return f"the container is {found.status} (exit status {found.exit_code})"
    if isinstance(spec.check, RunningCheck):
        if found.started_at is None:
            return "it has not started"
        running = site.time.now() + site.fleet[host].clock_offset - found.started_at
        return "" if running.total_seconds() >= _SETTLED else "it has only just started"
    result = site.access.check(host, spec.check)
    return "" if result.ok else result.detail
