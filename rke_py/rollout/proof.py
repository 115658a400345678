"""Waiting for conditions, and proving that a container is healthy."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import datetime, timedelta
from typing import TypeVar

from rke_py.errors import ApiUnavailable, HostError, LeftOut, ProofFailed, Unreachable
from rke_py.plan.containers import ContainerSpec, FoundContainer, RunningCheck, Status
from rke_py.plan.conventions import NAME_LABEL
from rke_py.rollout.site import Site

T = TypeVar("T")

EVIDENCE_LINES = 12
_PAUSE = 0.1
_STARTED = 1.0

_SETTLED = 3.0
"""Seconds. kube-scheduler and kube-controller-manager answer well before their real work begins: settings of leader
election that cannot be were seen to end them 1 s after their start, each time."""

_LOOK = 30.0
"""Seconds that one look takes at most; where more went by, the machine that looks slept meanwhile."""

_LINE_TIMEOUT = 60.0

_SETTLE_TIMEOUT = 60
_API_TIMEOUT = 60
"""Seconds for which an API server may be away while another step replaces it, or an etcd member that it needs."""

_HOPELESS = 6
"""Docker waits twice as long before each restart: this many take 6 s and more."""

_SEEN = 2
"""So many of them have to be seen: those before may be of an earlier time, when the API server of the host was away."""


def wait_for(site: Site, condition: Callable[[], str], timeout: float) -> str:
    """Look at a condition until it holds.

    A host whose line was lost was not looked at, which says nothing of what is waited for: the line has a minute to
    come back. Nor is the time waited for in which nobody looked, while the operator's machine slept.

    Args:
        site: Tells the time.
        condition: Returns what is still missing; empty text when it holds.
        timeout: Seconds.

    Returns:
        Empty text, or what was still missing when the time was over.

    Raises:
        Unreachable: The line did not come back.
    """
    waited = away = 0.0
    while True:
        began = site.time.now()
        lost: Unreachable | None = None
        try:
            missing = condition()
        except LeftOut:
            raise
        except Unreachable as fault:
            missing, lost = str(fault), fault
        if not missing:
            return ""
        if lost is not None and (waited >= timeout or away >= _LINE_TIMEOUT):
            raise lost
        if waited >= timeout:
            return missing
        site.time.pause(_PAUSE)
        passed = min((site.time.now() - began).total_seconds(), _LOOK)
        waited += passed
        away = away + passed if lost is not None else 0.0


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
    ages = _Ages(host, site)
    _prove(spec, host, site, lambda: _unhealthy(spec, host, site, ages))


def prove_lasting(spec: ContainerSpec, host: str, site: Site) -> None:
    """Wait until the container is healthy and has run for a while: it takes the place of one that worked.

    Raises:
        ProofFailed: As `prove_container`.
    """
    ages = _Ages(host, site)
    _prove(spec, host, site, lambda: _unhealthy(spec, host, site, ages) or _young(spec.name, host, site, ages))


def prove_settled(host: str, site: Site, without: Container[str] = ()) -> None:
    """Wait until every component of a host has run for a while; they were proved when they had only just started.

    Args:
        host: The host.
        site: The run's hosts.
        without: Names of containers that need not run.

    Raises:
        ProofFailed: One of them ends again and again; carries its last log lines.
    """

    def components() -> list[FoundContainer]:
        found = site.fleet[host].engine.containers()
        return [one for one in found if _lasts(one) and one.name not in without]

    earlier = {one.name: one.restart_count for one in components()}
    ages = _Ages(host, site)

    def unsettled() -> str:
        found = components()
        for container in found:
            seen = container.restart_count - earlier.get(container.name, 0)
            if container.restart_count >= _HOPELESS and seen >= _SEEN and _unsettled(container, ages):
                raise _failed(container.name, host, site, f"ends again and again: {_unsettled(container, ages)}")
        return next(filter(None, [_unsettled(container, ages) for container in found]), "")

    missing = wait_for(site, unsettled, _SETTLE_TIMEOUT)
    if missing:
        raise ProofFailed(host, f"not every component keeps running: {missing}")


def _lasts(found: FoundContainer) -> bool:
    """Tell whether a container is a component that is to run for good; RKE's sidekick is one that never starts."""
    return NAME_LABEL in found.spec.labels and found.spec.restart not in ("", "no")


def _prove(spec: ContainerSpec, host: str, site: Site, look: Callable[[], str]) -> None:
    if not spec.starts:
        return
    missing = wait_for(site, unless_hopeless(spec.name, host, site, look), spec.start_timeout)
    if missing:
        raise _failed(spec.name, host, site, f"did not become healthy within {spec.start_timeout} s: {missing}")


def unless_hopeless(name: str, host: str, site: Site, look: Callable[[], str]) -> Callable[[], str]:
    """Return a condition on a container that is not waited for once it ended again and again from now on.

    Args:
        name: The container's name.
        host: The host.
        site: The run's hosts.
        look: Returns what is still missing; empty text when the condition holds.
    """
    restarts = _Restarts(name, host, site)

    def missing() -> str:
        again = restarts.since_first()
        lacks = look()
        if lacks and again >= _HOPELESS:
            raise _failed(name, host, site, f"ends again and again: {lacks}")
        return lacks

    return missing


class _Ages:
    """For how long the containers of a host run: by its clock, and since they were first seen like this by ours.

    A host's clock that is set forward meanwhile makes each of its containers begin in the future.
    """

    def __init__(self, host: str, site: Site) -> None:
        self._host = host
        self._site = site
        self._seen: dict[tuple[str, datetime], datetime] = {}

    def seconds(self, found: FoundContainer) -> float:
        if found.started_at is None:
            return 0.0
        now = self._site.time.now()
        seen = self._seen.setdefault((found.name, found.started_at), now)
        there = now + self._site.fleet[self._host].clock_offset
        return max(there - found.started_at, now - seen).total_seconds()


class _Restarts:
    """How often Docker restarted a container since this was first asked."""

    def __init__(self, name: str, host: str, site: Site) -> None:
        self._name = name
        self._engine = site.fleet[host].engine
        self._earlier: int | None = None

    def since_first(self) -> int:
        found = self._engine.inspect(self._name)
        count = found.restart_count if found else 0
        if self._earlier is None:
            self._earlier = count
        return count - self._earlier


def _failed(name: str, host: str, site: Site, what: str) -> ProofFailed:
    return ProofFailed(
        host,
        f"{name} {what}",
        evidence=last_lines(name, host, site),
        hint=f"Read the rest on the host with: docker logs {name}",
    )


def last_lines(name: str, host: str, site: Site) -> tuple[str, ...]:
    """Return the container's last log lines; none when they cannot be had, since they are only evidence."""
    try:
        return site.fleet[host].engine.logs(name, EVIDENCE_LINES)
    except HostError:
        return ()


def _unhealthy(spec: ContainerSpec, host: str, site: Site, ages: _Ages) -> str:
    found = site.fleet[host].engine.inspect(spec.name)
    if found is None:
        return "the container is gone"
    if found.status is not Status.RUNNING:
        return f"the container is {found.status} (exit status {found.exit_code})"
    if isinstance(spec.check, RunningCheck):
        return "" if ages.seconds(found) >= _STARTED else "it has only just started"
    result = site.access.check(host, spec.check)
    return "" if result.ok else result.detail


def _young(name: str, host: str, site: Site, ages: _Ages) -> str:
    found = site.fleet[host].engine.inspect(name)
    return _unsettled(found, ages) if found else "the container is gone"


def _unsettled(found: FoundContainer, ages: _Ages) -> str:
    if found.status is not Status.RUNNING:
        return f"{found.name} is {found.status} (exit status {found.exit_code})"
    return "" if ages.seconds(found) >= _SETTLED else f"{found.name} has only just started"
