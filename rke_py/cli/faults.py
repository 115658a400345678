"""Errors as an operator reads them: where, what, evidence, hint; as text and as JSON.

Error: node-2: etcd stopped right after it was started
  | panic: write /var/lib/etcd/member/wal: no space left on device
Hint:  Read the rest with: docker logs etcd
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rke_py.errors import ConfigError, Interrupted, PreflightError, Problem, RkeError, RolloutFailed


def text_of(error: RkeError) -> str:
    """Return the error as text; a collected one with every fault in it, errors first, the verdict last."""
    return "\n\n".join("\n".join(block) for block in _blocks(error))


def problem_text(problem: Problem) -> str:
    """Return one problem as text."""
    label = "Warning" if problem.warning else "Error"
    return "\n".join(_block(label, problem.where, problem.what, hint=problem.hint))


def json_of(error: RkeError) -> dict[str, object]:
    """Return the error as a JSON object; every field is always there.

    ``problems`` are the single faults of a ConfigError or PreflightError, ``failures`` the hosts' own errors, each
    one an object like this.
    """
    return {
        "type": type(error).__name__,
        "where": error.where,
        "what": error.what,
        "evidence": list(error.evidence),
        "notes": _notes(error),
        "hint": error.hint,
        "problems": [problem_json(problem) for problem in _problems(error)],
        "failures": [json_of(failure) for failure in _failures(error)],
    }


def problem_json(problem: Problem) -> dict[str, object]:
    """Return one problem as a JSON object."""
    return {"where": problem.where, "what": problem.what, "hint": problem.hint, "warning": problem.warning}


def _blocks(error: RkeError) -> Iterator[list[str]]:
    problems, failures = _problems(error), _failures(error)
    for problem in sorted(problems, key=lambda problem: problem.warning):
        yield problem_text(problem).splitlines()
    for failure in failures:
        yield from _blocks(failure)
    label = "Failed" if failures else "Interrupted" if isinstance(error, Interrupted) else "Error"
    yield _block(label, error.where, error.what, _notes(error), error.evidence, error.hint)


def _block(
    label: str, where: str, what: str, notes: Sequence[str] = (), evidence: Sequence[str] = (), hint: str = ""
) -> list[str]:
    first, *rest = (f"{where}: {what}" if where else what).splitlines() or [""]
    lines = [f"{label}: {first}", *(f"  {line}" for line in rest)]
    lines += [f"  {line}" for note in notes for line in note.splitlines()]
    lines += [f"  | {line}" for item in evidence for line in item.splitlines() or [""]]
    if hint:
        first, *rest = hint.splitlines()
        lines += [f"Hint:  {first}", *(f"       {line}" for line in rest)]
    return lines


def _problems(error: RkeError) -> tuple[Problem, ...]:
    match error:
        case ConfigError() | PreflightError():
            return error.problems
    return ()


def _failures(error: RkeError) -> tuple[RkeError, ...]:
    return error.failures if isinstance(error, RolloutFailed) else ()


def _notes(error: RkeError) -> list[str]:
    """Return what was added on the error's way up, such as how putting back went (PEP 678)."""
    return list(getattr(error, "__notes__", ()))
