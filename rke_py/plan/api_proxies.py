"""API proxies hear of API servers that come before one that serves is taken down: it may be the only one they know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rke_py.plan.files import FileSpec
from rke_py.plan.model import Stage, Turn
from rke_py.plan.stage_names import API_PROXIES, CONTROL_PLANE, NODES, PREPARE, WORKERS
from rke_py.plan.steps import ReloadContainer, Step, TakesDown, WriteFiles
from rke_py.render.haproxy import CONFIG_PATH


def told_first(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Return the stages with API proxies told of all API servers before one of those that serve is taken down.

    They are told once those that come are ready, since a proxy takes a server that it did not know for a ready one, and
    a proxy that cannot be told keeps those that serve as they are. Where the proxy itself is replaced, as RKE's has to
    be for it, that stays in its host's turn.
    """
    planes = next((stage.turns for stage in stages if stage.name == CONTROL_PLANE), ())
    serving = frozenset(turn.key for turn in planes if any(_ends_service(step) for step in turn.steps))
    come = frozenset(turn.key for turn in planes) - serving
    nodes = (turn for stage in stages if stage.name in (NODES, WORKERS) for turn in stage.turns) if serving else ()
    told = {turn.key: _telling(turn, steps, come) for turn in nodes if (steps := tuple(_tell(turn.steps)))}
    leaving = frozenset(turn.key for stage in stages if stage.name == API_PROXIES for turn in stage.turns)
    if not (serving and (told or leaving)):
        return stages
    after = (replace(stage, turns=tuple(_afterwards(stage, told, serving, leaving))) for stage in stages)
    return tuple(
        replace(stage, turns=(*stage.turns, *told.values())) if stage.name == API_PROXIES else stage for stage in after
    )


def _ends_service(step: Step) -> bool:
    """Tell whether a step takes an API server down that others have to stand in for."""
    return isinstance(step, TakesDown) and bool(step.others)


def _telling(turn: Turn, steps: tuple[Step, ...], come: frozenset[str]) -> Turn:
    after = come | {f"{PREPARE}/{turn.host}"}
    return Turn(stage=API_PROXIES, host=turn.host, steps=steps, after=after, disrupts=False)


def _tell(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Yield what tells a host's proxy which API servers there are, out of its turn's steps."""
    for step in steps:
        if isinstance(step, ReloadContainer) and (files := _servers(step.files)):
            write = next((other for other in steps if isinstance(other, WriteFiles) and _servers(other.files)), None)
            if write:
                yield replace(write, files=files, why=_about(write.why))
            yield replace(step, files=files, why=_about(step.why))


def _afterwards(
    stage: Stage, told: Mapping[str, Turn], serving: frozenset[str], leaving: frozenset[str]
) -> Iterator[Turn]:
    """Yield a stage's turns without what was told before; who waits for a proxy's host waits for that too.

    An API server that serves also waits until hosts that leave were told, or could not be.
    """
    first = {turn.key for turn in told.values()}
    for turn in stage.turns:
        steps = tuple(_left(turn.steps)) if turn.key in told else turn.steps
        waits = {told[key].key for key in turn.after & told.keys()} | (first if turn.key in serving else set[str]())
        if steps:
            past = turn.past | leaving if turn.key in serving else turn.past
            yield replace(turn, steps=steps, after=turn.after | waits, past=past)


def _left(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        if not isinstance(step, WriteFiles | ReloadContainer) or not _servers(step.files):
            yield step
        elif others := tuple(file for file in step.files if file.path != CONFIG_PATH):
            yield replace(step, files=others, why=tuple(line for line in step.why if line not in _about(step.why)))


def _servers(files: tuple[FileSpec, ...]) -> tuple[FileSpec, ...]:
    return tuple(file for file in files if file.path == CONFIG_PATH)


def _about(why: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line for line in why if CONFIG_PATH in line)
