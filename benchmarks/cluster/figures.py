"""The times of all rounds, and the table that they make. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from benchmarks.results import Result
from benchmarks.spread import Spread, verdict
from benchmarks.timeline import Span

RATIO_TARGET = 1.5
SECOND_UP_TARGET = 3.0

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """Times of a cluster made by hand, in seconds.

    Attributes:
        parts: What was done, one after another.
        ready, dns: When all nodes were Ready, and when DNS answered.
    """

    parts: Mapping[str, Span]
    ready: float
    dns: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WithRkePy:
    """Times of a cluster made by ``rke-py up``, in seconds.

    Attributes:
        stages: Some of them at the same time.
        ended: When the command was over.
        second, plan: How long ``up`` and ``plan`` took once there was nothing to do.
        handshakes, second_handshakes: SSH connections each host took from the first and the second ``up``.
    """

    stages: Mapping[str, Span]
    ready: float
    dns: float
    ended: float
    second: float
    plan: float
    handshakes: tuple[int, ...]
    second_handshakes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A cluster of each kind, one after another on the same machine."""

    by_hand: ByHand
    with_rke_py: WithRkePy


def result(rounds: Sequence[Round], hosts: int) -> Result:
    """Return the table of all rounds."""
    hand = [one.by_hand for one in rounds]
    ours = [one.with_rke_py for one in rounds]
    count = "one round" if len(rounds) == 1 else f"{len(rounds)} rounds"
    return Result(
        name="1-cluster",
        title="Four hosts of the lab become a cluster",
        what="Three hosts with all roles and a worker, new for each run, images present; by hand and with rke-py in "
        f"turns, {count}. By hand: the same containers by a script that waits for each API server and checks nothing "
        "else, with one certificate, a token and etcd without TLS; counted from when connections and keys are made. "
        "rke-py: counted from the start of its process. Ready nodes and DNS are seen from outside, by the same "
        "watcher. The last column is the median divided by that of the same row by hand.",
        columns=("seconds", "min", "median", "max", "to by hand"),
        rows=(*_hand_rows(hand), *_our_rows(hand, ours)),
        notes=_notes(hand, ours, hosts),
        measured={"rounds": [asdict(one) for one in rounds]},
    )


def _hand_rows(hand: Sequence[ByHand]) -> list[Row]:
    parts = [one.parts for one in hand]
    return [
        *_span_rows("by hand", parts),
        _row("by hand: four nodes Ready", [one.ready for one in hand]),
        _row("by hand: DNS answers", [one.dns for one in hand]),
    ]


def _our_rows(hand: Sequence[ByHand], ours: Sequence[WithRkePy]) -> list[Row]:
    stages = [one.stages for one in ours]
    begins = [min((span.began for span in one.stages.values()), default=0.0) for one in ours]
    return [
        _row("rke-py: start, connect, look, plan", begins),
        *_span_rows("rke-py", stages),
        _row("rke-py: four nodes Ready", [one.ready for one in ours], [one.ready for one in hand]),
        _row("rke-py: DNS answers", [one.dns for one in ours], [one.dns for one in hand]),
        _row("rke-py: `up` ends", [one.ended for one in ours]),
        _row("rke-py: second `up`", [one.second for one in ours]),
        _row("rke-py: `plan`", [one.plan for one in ours]),
    ]


def _span_rows(who: str, runs: Sequence[Mapping[str, Span]]) -> list[Row]:
    """Return a row for each part: how long it took, and after how long it began in the middle run."""
    rows = []
    for part in dict.fromkeys(part for run in runs for part in run):
        spans = [run[part] for run in runs if part in run]
        began = Spread.of([span.began for span in spans]).middle
        rows.append(_row(f"{who}: {part} (from {began:.1f} on)", [span.seconds for span in spans]))
    return rows


def _row(title: str, values: Sequence[float], compared: Sequence[float] = ()) -> Row:
    spread = Spread.of(values)
    ratio = f"{spread.middle / Spread.of(compared).middle:.2f}" if compared else ""
    return (title, *spread.cells(), ratio)


def _notes(hand: Sequence[ByHand], ours: Sequence[WithRkePy], hosts: int) -> tuple[str, ...]:
    def middle(of: Callable[[WithRkePy], float]) -> float:
        return Spread.of([of(one) for one in ours]).middle

    ratio = middle(lambda one: one.ready) / Spread.of([one.ready for one in hand]).middle
    second = middle(lambda one: one.second)
    first_up, second_up = (_each(one.handshakes for one in ours), _each(one.second_handshakes for one in ours))
    return (
        f"Target for four Ready nodes: at most {RATIO_TARGET} times by hand. {ratio:.2f}: "
        f"{verdict(ratio, RATIO_TARGET)}.",
        f"Target for the second `up`: at most {SECOND_UP_TARGET:.0f} s. {second:.1f} s: "
        f"{verdict(second, SECOND_UP_TARGET)}.",
        f"SSH handshakes counted at the sshd of each of {hosts} hosts: first `up` {first_up}, second `up` {second_up}.",
        "Parts and stages are shown with how long they took; stages overlap.",
    )


def _each(runs: Iterable[Sequence[int]]) -> str:
    """Return what every host counted, once where all counted the same."""
    return " or ".join(str(count) for count in sorted({count for run in runs for count in run}))
