"""The run lease: one rke-py at a time changes a cluster, wherever it is started from."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from lightkube.models.coordination_v1 import LeaseSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.coordination_v1 import Lease

from rke_py.errors import ApiError, ApiUnavailable, StateError
from rke_py.kube.client import Api, found, translated
from rke_py.kube.interface import HeldLease, Holder
from rke_py.kube.waiting import wait_until
from rke_py.steady_clock import steady

NAMESPACE = "kube-system"
NAME = "rke-py"
DURATION = 15
"""Seconds without renewal after which a lease is free; so long waits who comes after a killed run."""

_RENEW_SECONDS = 5.0
_LATE_SECONDS = 2 * _RENEW_SECONDS
_CONFLICT = 409
_log = logging.getLogger(__name__)


class _Held(ApiError):
    """Somebody holds the lease; whether still, its next renewal tells."""


class RunLease:
    """The lease while we hold it; renewed by a thread of its own until released.

    An API server that is away for a while does not end it; another run that took it over meanwhile does.

    Args:
        api: The cluster's API.
        holder: Who we are.
        lease: The lease as it was taken.
        clock: Seconds, those included for which the machine sleeps: the thread does not see them pass.
    """

    def __init__(self, api: Api, holder: str, lease: Lease, clock: Callable[[], float] = steady) -> None:
        self._api = api
        self._holder = holder
        self._lease = lease
        self._clock = clock
        self._tried = clock()
        self._one_at_a_time = threading.Lock()
        self._over = threading.Event()
        self._lost = ""
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._thread.start()

    @property
    def lost(self) -> str:
        """Who took the lease from us; empty while it is ours.

        Where it may have run out unseen, since the machine slept, it is renewed first: whoever asks is about to begin
        a step.
        """
        if self._is_late():
            with self._one_at_a_time:
                if self._is_late():
                    self._renew_or_log()
        return self._lost

    def release(self) -> None:
        """Give it back; one that somebody else took, or that cannot be reached, is left to expire."""
        self._over.set()
        self._thread.join()
        if self._lost:
            return
        try:
            with translated("release the lease of this run"):
                self._api.typed.replace(_freed(self._lease))
        except ApiError as error:
            _log.warning("%s", error)

    def renew(self) -> None:
        """Renew it now; what fails is logged, and whether it was lost is in ``lost``."""
        with self._one_at_a_time:
            self._renew_or_log()

    def _is_late(self) -> bool:
        return not (self._lost or self._over.is_set()) and self._clock() - self._tried > _LATE_SECONDS

    def _renew_or_log(self) -> None:
        try:
            self._renew()
        except ApiUnavailable as error:
            _log.info("%s", error)
        except ApiError as error:
            _log.warning("%s", error)
        finally:
            self._tried = self._clock()

    def _keep(self) -> None:
        try:
            while not self._lost and not self._over.wait(_RENEW_SECONDS):
                self.renew()
        finally:
            if not self._over.is_set():
                self._lost = self._lost or "nobody: it could not be renewed any more"

    def _renew(self) -> None:
        spec = self._lease.spec or LeaseSpec()
        spec.renewTime = _now()
        try:
            with translated("renew the lease of this run"):
                self._lease = self._api.typed.replace(self._lease)
        except ApiError as error:
            if error.status != _CONFLICT:
                raise
            self._look_who()

    def _look_who(self) -> None:
        """Take up what is there now: our own write whose answer was lost, or another run's."""
        with translated("read the lease of this run"):
            self._lease = self._api.typed.get(Lease, NAME, namespace=NAMESPACE)
        holder = (self._lease.spec or LeaseSpec()).holderIdentity or ""
        if holder != self._holder:
            self._lost = holder or "nobody: it was freed with rke-py unlock --force"


def acquire(
    api: Api,
    holder: Holder,
    *,
    clock: Callable[[], float] = time.monotonic,
    always: Callable[[], float] = steady,
    interval: float = 0.5,
) -> RunLease:
    """Take the run lease.

    One that is held counts as abandoned when its ``renewTime`` has not moved for its duration on our own clock, while
    the API answered all the time; the holder's clock may be wrong, so ``renewTime`` itself is compared with nothing but
    itself.

    Args:
        api: The cluster's API.
        holder: Who we are.
        clock: Our own clock, in seconds; while the machine sleeps nobody watches, so it stands still.
        always: One that goes on meanwhile: what we hold runs out.
        interval: Seconds between two looks at a lease that somebody holds.

    Raises:
        StateError: Somebody else holds it and renews it.
    """
    first: list[tuple[Lease, float]] = []

    def attempt() -> Lease:
        try:
            return take()
        except ApiUnavailable:  # its holder could not renew it either
            first.clear()
            raise

    def take() -> Lease:
        lease = _read(api)
        if lease is None:
            return _write(api, _claimed(Lease(metadata=ObjectMeta(name=NAME, namespace=NAMESPACE)), holder))
        if not _held_by(lease):
            return _write(api, _claimed(lease, holder))
        if not first:
            first.append((lease, clock()))
        seen, since = first[0]
        if _renewal(lease) != _renewal(seen):
            raise StateError(
                f"another run changes this cluster: {_held_by(lease)}",
                hint="Wait until it has ended; rke-py unlock shows its lease, kube-system/rke-py.",
            )
        if clock() - since >= _duration(seen):
            return _write(api, _claimed(lease, holder))
        raise _Held(f"the lease kube-system/rke-py is held by {_held_by(lease)}")

    lease = wait_until(attempt, timeout=4 * DURATION, retry=(_Held, ApiUnavailable), interval=interval)
    return RunLease(api, str(holder), lease, always)


def look(api: Api) -> HeldLease | None:
    """Return who holds the run lease, None when nobody does."""
    lease = _read(api)
    if lease is None or not _held_by(lease):
        return None
    holder, renewed = _renewal(lease)
    return HeldLease(holder=holder, renewed=renewed, duration=_duration(lease))


def take_away(api: Api) -> None:
    """Free the run lease, whoever holds it; that run notices at its next renewal and begins no further step."""

    def attempt() -> None:
        lease = _read(api)
        if lease is not None and _held_by(lease):
            _write(api, _freed(lease))

    wait_until(attempt, timeout=DURATION, retry=(_Held, ApiUnavailable))


def _read(api: Api) -> Lease | None:
    with translated("read the run lease"):
        return found(lambda: api.typed.get(Lease, NAME, namespace=NAMESPACE))


def _write(api: Api, lease: Lease) -> Lease:
    """Create or replace the lease as it was read; losing a race means that somebody holds it."""
    new = lease.metadata is None or lease.metadata.resourceVersion is None
    try:
        with translated("take the run lease"):
            return api.typed.create(lease) if new else api.typed.replace(lease)
    except ApiError as error:
        if error.status == _CONFLICT:
            raise _Held("somebody else took the lease kube-system/rke-py at this moment") from error
        raise


def _claimed(lease: Lease, holder: Holder) -> Lease:
    before = lease.spec or LeaseSpec()
    lease.spec = LeaseSpec(
        holderIdentity=str(holder),
        acquireTime=_now(),
        renewTime=_now(),
        leaseDurationSeconds=DURATION,
        leaseTransitions=(before.leaseTransitions or 0) + 1,
    )
    return lease


def _freed(lease: Lease) -> Lease:
    spec = lease.spec or LeaseSpec()
    spec.holderIdentity = None
    spec.renewTime = None
    return lease


def _held_by(lease: Lease) -> str:
    return (lease.spec or LeaseSpec()).holderIdentity or ""


def _renewal(lease: Lease) -> tuple[str, datetime | None]:
    return _held_by(lease), (lease.spec or LeaseSpec()).renewTime


def _duration(lease: Lease) -> int:
    return (lease.spec or LeaseSpec()).leaseDurationSeconds or DURATION


def _now() -> datetime:
    return datetime.now(UTC)
