"""Events and their parts in words, for lines and for the table."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.cli.faults import problem_text
from rke_py.progress import (
    Event,
    Finished,
    Note,
    Pulling,
    StageEnded,
    StageStarted,
    StepEnded,
    StepStarted,
    Warned,
)

_UNITS = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000


def place_of(event: Event) -> tuple[str, str]:
    """Return the event's host and stage; empty where it has none."""
    match event:
        case StepStarted() | StepEnded():
            return event.host, event.stage
        case StageStarted() | StageEnded():
            return "", event.stage
        case Pulling() | Note():
            return event.host, ""
        case Warned() | Finished():
            return "", ""


def line_of(event: Event) -> str:
    """Return the event in words, without its place; several lines only for a warning and the end of the run."""
    match event:
        case StageStarted():
            return f"begins on {_hosts(len(event.hosts))}" if event.hosts else "begins"
        case StageEnded():
            failed = f", failed: {', '.join(event.failed)}" if event.failed else ""
            return f"over in {seconds(event.seconds)}{failed}"
        case StepStarted():
            return f"{event.step} ..."
        case StepEnded():
            return _step_ended(event)
        case Pulling():
            return f"pulling {event.image} {amount(event.done, event.total)}"
        case Note():
            return event.text
        case Warned():
            return problem_text(event.problem)
        case Finished():
            return "\n".join(closing_lines(event))


def closing_lines(event: Finished) -> Iterator[str]:
    """Yield the last lines of a run that succeeded."""
    if event.changed:
        steps = "1 step" if event.changed == 1 else f"{event.changed} steps"
        yield f"done: {steps} in {seconds(event.seconds)}"
    else:
        basis = (
            f"{event.basis} are as cluster.yml wants them" if event.basis else "everything is as cluster.yml wants it"
        )
        yield f"nothing to do: {basis} (looked for {seconds(event.seconds)})"
    if event.attention:
        yield "needs attention soon:"
        yield from (f"  - {item}" for item in event.attention)


def seconds(number: float) -> str:
    """Return a duration: ``0.4s``, ``12.3s``, ``2m05s``."""
    if number < 60:
        return f"{number:.1f}s"
    minutes, rest = divmod(round(number), 60)
    return f"{minutes}m{rest:02}s"


def amount(done: int, total: int) -> str:
    """Return how far a pull has come: ``34.1 MB of 90.0 MB``, or only the first while the total is not known."""
    return f"{size(done)} of {size(total)}" if total else size(done)


def size(count: int) -> str:
    """Return a number of bytes in the unit that suits it."""
    number, unit = float(count), 0
    while number >= _STEP and unit < len(_UNITS) - 1:
        number, unit = number / _STEP, unit + 1
    return f"{number:.1f} {_UNITS[unit]}" if unit else f"{count} B"


def _step_ended(event: StepEnded) -> str:
    if event.error is None:
        return f"{event.step}: done in {seconds(event.seconds)}"
    reason, *_ = event.error.what.splitlines() or [""]
    return f"{event.step}: FAILED after {seconds(event.seconds)}: {reason}"


def _hosts(count: int) -> str:
    return "1 host" if count == 1 else f"{count} hosts"
