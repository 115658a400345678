"""What the steps of a run work with: the hosts, the cluster's APIs, the memory and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from threading import Lock
from typing import Protocol

from rke_py.cluster.model import Cluster
from rke_py.kube.interface import ClusterAccess
from rke_py.plan.prefix import ROOT, prefix_of
from rke_py.progress import Reporter
from rke_py.rollout.images import Images
from rke_py.state.model import State
from rke_py.transport.interface import Fleet


class StateWriter(Protocol):
    """Where the state is kept between runs."""

    @property
    def lost(self) -> bool:
        """True once somebody took it from this run."""

    def write(self, state: State) -> State:
        """Save it, whole and durable; return it with its new serial."""


class Memory:
    """The state while a run changes it: every change is on disk before what depends on it happens."""

    def __init__(self, state: State | None, writer: StateWriter) -> None:
        self._saved = state
        self._writer = writer
        self._told = state.serial if state else 0
        self._lock = Lock()

    @property
    def state(self) -> State:
        """The state as last saved; there is one from the moment a run begins to change something."""
        if self._saved is None:
            raise RuntimeError("the state was asked for before it was first saved")
        return self._saved

    @property
    def lost(self) -> bool:
        """True once somebody took the state from this run, which must not go on then."""
        return self._writer.lost

    @property
    def told(self) -> int:
        """The serial number that the cluster's copy may have, if nobody else wrote it since this run began."""
        return self._told

    def tell(self) -> None:
        """Remember that the cluster has a copy of the state as last saved."""
        self._told = self.state.serial

    def begin(self, state: State) -> None:
        """Save what this run wants before it changes anything."""
        with self._lock:
            if self._saved is None:  # a new cluster's, or the one of a snapshot
                self._told = state.serial
            self._save(state)

    def change(self, change: Callable[[State], State]) -> State:
        """Save the changed state; nothing is written when it is the same."""
        with self._lock:
            self._save(change(self.state))
            return self.state

    def _save(self, wanted: State) -> None:
        if wanted != self._saved:
            self._saved = self._writer.write(wanted)


class Waiter(Protocol):
    """Passes time while a condition is awaited; the simulated fleet has its own."""

    def now(self) -> datetime:
        """Return the time, UTC."""

    def pause(self, seconds: float) -> None:
        """Let time pass before the condition is looked at again."""


def _nothing() -> None:
    """Write no kubeconfig."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything a step may touch.

    Attributes:
        write_kubeconfig: Writes the operator's kubeconfig for the cluster as it is wanted.
        state_copy: Returns the state, encrypted, for what is kept of it beside snapshots; None without a state key.
        run: What the journal calls this run, whatever it does one after another.
    """

    cluster: Cluster
    fleet: Fleet
    access: ClusterAccess
    memory: Memory
    images: Images
    reporter: Reporter
    time: Waiter
    write_kubeconfig: Callable[[], None] = _nothing
    state_copy: Callable[[], bytes | None] = _nothing
    run: str = ""

    def prefix(self, host: str) -> PurePosixPath:
        """Return where a host keeps the cluster's folders."""
        if self.cluster.prefix_path != ROOT:
            return self.cluster.prefix_path
        return prefix_of(self.cluster, self.fleet[host].operating_system)
