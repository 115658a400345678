"""Images on their way to hosts, in the background from the moment the hosts are connected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock
from types import TracebackType
from typing import Self

from tenacity import Retrying, retry_if_exception_type, wait_exponential

from rke_py.cluster.model import Cluster
from rke_py.errors import RegistryBusy, RkeError
from rke_py.plan.registries import login_of
from rke_py.progress import Pulling, Reporter
from rke_py.transport.interface import Fleet, RegistryLogin

_LOOK = 0.5
"""Seconds between two looks whether somebody asked to stop."""

_TRIES = 5
_FIRST_WAIT = 8
"""Seconds, twice as long before each further try: two minutes in all."""


class Images:
    """Pulls every image once a host, at most so many at a time; a step that needs one waits for it.

    Args:
        fleet: The hosts.
        cluster: Gives the registries' credentials and how many pulls may be under way.
        reporter: Is told the progress in bytes.
        pause: Lets so many seconds pass before a busy registry is asked again.
        stop: Tells that the operator asked to stop: nobody asks a busy registry again.
    """

    def __init__(
        self,
        fleet: Fleet,
        cluster: Cluster,
        reporter: Reporter,
        pause: Callable[[float], None],
        stop: Callable[[], bool],
    ) -> None:
        self._fleet = fleet
        self._registries = cluster.registries
        self._reporter = reporter
        self._pause = pause
        self._stop = stop
        self._closing = False
        self._pool = ThreadPoolExecutor(cluster.max_concurrent_pulls, thread_name_prefix="pull")
        self._pulls: dict[tuple[str, str], Future[None]] = {}
        self._lock = Lock()

    def begin(self, needed: Mapping[str, tuple[str, ...]]) -> None:
        """Start pulling, host by host, the first image of every host first."""
        longest = max((len(images) for images in needed.values()), default=0)
        for turn in range(longest):
            for host, images in needed.items():
                if turn < len(images):
                    self._pull(host, images[turn])

    def ensure(self, host: str, image: str) -> None:
        """Wait until the image is on the host; raises ImageMissing when it cannot be had."""
        with self._lock:
            known = self._pulls.get((host, image))
        if known is None and image in self._fleet[host].engine.images():
            return
        self._pull(host, image).result()

    def missing(self, hosts: Iterable[str], stop: Callable[[], bool]) -> tuple[RkeError, ...]:
        """Wait for what was begun to be pulled on some hosts, and return why some of it cannot be had.

        Args:
            hosts: Their names.
            stop: Tells that nobody waits any more.
        """
        among = set(hosts)
        with self._lock:
            pulls = [pull for (host, _), pull in self._pulls.items() if host in among]
        waiting = set(pulls)
        while waiting and not stop():
            waiting = wait(waiting, timeout=_LOOK).not_done
        faults = (pull.exception() for pull in pulls if pull not in waiting)
        return tuple(fault for fault in faults if isinstance(fault, RkeError))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget pulls that did not begin and wait for those under way."""
        self._closing = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _pull(self, host: str, image: str) -> Future[None]:
        with self._lock:
            known = self._pulls.get((host, image))
            if known is None:
                known = self._pulls[host, image] = self._pool.submit(self._pull_now, host, image)
            return known

    def _pull_now(self, host: str, image: str) -> None:
        registry = login_of(image, self._registries)
        login = RegistryLogin(user=registry.user, password=registry.password) if registry else None

        def progress(done: int, total: int) -> None:
            self._reporter.report(Pulling(host=host, image=image, done=done, total=total))

        patiently = Retrying(
            retry=retry_if_exception_type(RegistryBusy),
            stop=lambda tries: tries.attempt_number >= _TRIES or self._over(),
            wait=wait_exponential(multiplier=_FIRST_WAIT),
            sleep=self._wait,
            reraise=True,
        )
        patiently(self._fleet[host].engine.pull, image, login, progress)

    def _wait(self, seconds: float) -> None:
        waited = 0.0
        while waited < seconds and not self._over():
            self._pause(_LOOK)
            waited += _LOOK

    def _over(self) -> bool:
        return self._closing or self._stop()
