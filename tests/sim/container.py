"""A container with Docker's restart rules; what runs in it is a program of ``programs``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rke_py.plan.containers import ContainerSpec, FoundContainer, Status

from . import programs
from .flags import CommandLine

if TYPE_CHECKING:
    from .machine import Machine

_FIRST_BACKOFF = timedelta(milliseconds=100)
_LONGEST_BACKOFF = timedelta(seconds=60)
_PROVED = timedelta(seconds=10)
"""A program that ran so long is restarted at once the next time."""


@dataclass(slots=True, eq=False)
class Container:
    """One container of a machine.

    Attributes:
        spec: As ``docker inspect`` shows it.
        since: When its program last started, by the simulation's clock; None when it never did.
        loaded: The files that its program read at its start or its last reload, by path.
        made_by: The process and the thread of rke-py that created it.
        waits: How much longer than usual its program needs until it serves, after this start.
        stopped: Whether somebody stopped it: only a restart of Docker starts it again then.
    """

    machine: Machine
    spec: ContainerSpec
    id: str
    made_by: tuple[int, int]
    created_at: datetime | None = None
    status: Status = Status.CREATED
    since: datetime | None = None
    started_at: datetime | None = None
    exit_code: int = 0
    restart_count: int = 0
    waits: timedelta = timedelta()
    stopped: bool = False
    loaded: Mapping[str, bytes] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    _failures: int = 0
    _next_try: datetime | None = None
    _ran: tuple[ContainerSpec, programs.Program, CommandLine] | None = None

    @property
    def program(self) -> programs.Program:
        """What runs in it."""
        return self._run()[1]

    @property
    def words(self) -> tuple[str, ...]:
        """Its command line, wherever Docker was told of it: RKE has nearly all of it in the entrypoint."""
        return self._run()[2].words

    def flag(self, name: str) -> str | None:
        """Return the last value of a flag of its command line, None without it."""
        return self._run()[2].value(name)

    def _run(self) -> tuple[ContainerSpec, programs.Program, CommandLine]:
        ran, spec = self._ran, self.spec
        if ran is None or ran[0] is not spec:
            self._ran = ran = spec, programs.program_of(spec), CommandLine((*spec.entrypoint, *spec.command))
        return ran

    @property
    def ports(self) -> frozenset[int]:
        """The ports of its host on which its program listens."""
        return self.program.ports(self)

    @property
    def running_for(self) -> timedelta:
        """How long its program runs."""
        return self.machine.world.now - self.since if self.since else timedelta()

    def found(self) -> FoundContainer:
        """Return what ``docker inspect`` shows."""
        image_there = self.spec.image in self.machine.images
        return FoundContainer(
            id=self.id,
            spec=self.spec,
            status=self.status,
            image_id=f"sha256:{self.spec.image}",
            image_env=self.machine.world.image_env if image_there else (),
            created_at=self.created_at,
            started_at=self.started_at,
            exit_code=self.exit_code,
            restart_count=self.restart_count,
        )

    def start(self) -> None:
        """Start it by hand; nothing happens when it runs."""
        if self.status is Status.RUNNING:
            return
        if self.status is Status.PAUSED:
            self.status = Status.RUNNING
            return
        self.stopped = False
        self.restart_count = self._failures = 0
        self._try(self.machine.world.now)

    def pause(self) -> None:
        """Let it stand still by hand."""
        self.status = Status.PAUSED

    def stop(self) -> None:
        """Stop it by hand."""
        if self.status in (Status.RUNNING, Status.RESTARTING, Status.PAUSED):
            self.status, self.exit_code = Status.EXITED, 0
            self._next_try = None
        self.stopped = True

    def cut_off(self) -> None:
        """End its program because the machine or Docker ends; ``daemon_started`` knows what to do."""
        if self.status in (Status.RUNNING, Status.RESTARTING, Status.PAUSED):
            self.status, self.exit_code = Status.EXITED, 137
            self._next_try = None

    def daemon_started(self) -> None:
        """Do what Docker does with it when it starts."""
        if self.spec.restart == "always":
            self.stopped = False
            self.restart_count = self._failures = 0
            self._try(self.machine.world.now)
            self.waits = timedelta()  # machines do not come up in the same moment

    def settle(self) -> None:
        """Let everything happen to it that was due until now."""
        now = self.machine.world.now
        if self.status is Status.RUNNING:
            reason = self.program.ends(self)
            if reason:
                self._ended(reason, now)
        while self.status is Status.RESTARTING and self._next_try is not None and self._next_try <= now:
            self._try(self._next_try)

    def reload(self) -> None:
        """Let its program read its files again."""
        self.loaded = programs.files_read(self)

    def renamed(self, name: str) -> None:
        """Give it another name."""
        self.spec = replace(self.spec, name=name)

    def set_restart(self, policy: str) -> None:
        """Change its restart policy; one that is between two tries does not try again with ``no``."""
        self.spec = replace(self.spec, restart=policy)
        if policy == "no" and self.status is Status.RESTARTING:
            self.status, self._next_try = Status.EXITED, None

    def _try(self, at: datetime) -> None:
        self.loaded = programs.files_read(self)
        self.since, self.started_at = at, at + self.machine.skew
        self.status, self._next_try, self.waits = Status.RUNNING, None, timedelta()
        reason = programs.refuses(self)
        if reason:
            self._ended(reason, at)
        else:
            self.program.started(self)

    def _ended(self, reason: str, at: datetime) -> None:
        self.log.append(reason)
        self.exit_code = 1
        if self.spec.restart != "always":
            self.status = Status.EXITED
            return
        self._failures = 0 if self.since and at - self.since >= _PROVED else self._failures + 1
        self.status = Status.RESTARTING
        self._next_try = at + min(_FIRST_BACKOFF * 2**self._failures, _LONGEST_BACKOFF)
        self.restart_count += 1
