"""What counts as proof that a container works."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from rke_py.errors import ProofFailed
from rke_py.kube.model import CheckResult
from rke_py.plan.containers import ContainerSpec, FoundContainer, HttpCheck, Status
from rke_py.plan.conventions import NAME_LABEL
from rke_py.rollout.proof import prove_container, prove_lasting, prove_settled

BEGAN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SPEC = ContainerSpec(
    name="kube-scheduler",
    image="kube-scheduler",
    entrypoint=("kube-scheduler",),
    check=HttpCheck(port=10259, path="/healthz"),
    labels={NAME_LABEL: "kube-scheduler"},
)


@dataclass
class Clock:
    """Moves only when somebody waits."""

    at: datetime = BEGAN

    def now(self) -> datetime:
        return self.at

    def pause(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Host:
    """A host with one container, whose program answers well from its start and ends after so many seconds; 0: never."""

    clock: Clock
    life: float = 0
    skew: timedelta = timedelta()
    earlier_restarts: int = 0
    began: datetime = BEGAN
    logged: tuple[str, ...] = ("couldn't create leader elector",)
    clock_offset: timedelta = field(init=False)

    def __post_init__(self) -> None:
        self.clock_offset = self.skew

    @property
    def engine(self) -> Host:
        return self

    def inspect(self, _name: str) -> FoundContainer:
        started, restarts, running = self.began, 0, True
        while running and self.life and self.clock.now() - started >= timedelta(seconds=self.life):
            restarts += 1
            started += timedelta(seconds=self.life + 0.1 * 2**restarts)
            running = started <= self.clock.now()
        status = Status.RUNNING if running else Status.RESTARTING
        return FoundContainer(
            id="1",
            spec=SPEC,
            status=status,
            image_id="1",
            started_at=started + self.skew,
            restart_count=self.earlier_restarts + restarts,
        )

    def containers(self) -> tuple[FoundContainer, ...]:
        return (self.inspect(SPEC.name),)

    def logs(self, _name: str, _lines: int) -> tuple[str, ...]:
        return self.logged


def site(host: Host) -> SimpleNamespace:
    access = SimpleNamespace(check=lambda _host, _check: CheckResult(ok=True))
    return SimpleNamespace(fleet={"n1": host}, time=host.clock, access=access)


def test_a_healthy_container_is_proved_at_once():
    host = Host(Clock())
    prove_container(SPEC, "n1", site(host))
    assert host.clock.now() == BEGAN


def test_a_container_is_lasting_when_it_was_healthy_for_a_while():
    host = Host(Clock())
    prove_lasting(SPEC, "n1", site(host))
    assert timedelta(seconds=3) <= host.clock.now() - BEGAN < timedelta(seconds=4)


@pytest.mark.parametrize("skew", [timedelta(hours=-1), timedelta(hours=1)], ids=["behind", "ahead"])
def test_how_long_it_runs_is_told_by_the_clock_of_its_host(skew):
    host = Host(Clock(), skew=skew)
    prove_lasting(SPEC, "n1", site(host))
    assert timedelta(seconds=3) <= host.clock.now() - BEGAN < timedelta(seconds=4)


def test_a_container_that_is_healthy_for_a_moment_again_and_again_is_not_lasting():
    """kube-scheduler answers /healthz before it looks at its leader election's settings."""
    with pytest.raises(ProofFailed, match="kube-scheduler ends again and again") as fault:
        prove_lasting(SPEC, "n1", site(Host(Clock(), life=1)))
    assert fault.value.evidence == ("couldn't create leader elector",)


def test_a_host_is_settled_when_all_its_components_have_run_for_a_while():
    host = Host(Clock(at=BEGAN + timedelta(seconds=60)))
    prove_settled("n1", site(host))
    assert host.clock.now() == BEGAN + timedelta(seconds=60)


def test_a_host_with_a_component_that_ends_again_and_again_is_not_settled():
    with pytest.raises(ProofFailed, match="kube-scheduler ends again and again"):
        prove_settled("n1", site(Host(Clock(at=BEGAN + timedelta(seconds=5)), life=1)))


def test_restarts_of_an_earlier_time_speak_against_nobody():
    """A scheduler ends while the API server of its host is away, and starts for good when that is back."""
    host = Host(Clock(at=BEGAN + timedelta(seconds=1)), earlier_restarts=8)
    prove_settled("n1", site(host))
    assert host.clock.now() < BEGAN + timedelta(seconds=4)
