"""Rules that a cluster leaves in the host's packet filter: text of ``iptables-save`` in, commands for restore out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from itertools import pairwise

from rke_py.tools.traces import Traces, matches


def found_in(saved: str, traces: Traces) -> tuple[str, ...]:
    """Return our chains as ``table/chain``, and rules in others' chains that are ours, in the order of the list."""
    return tuple(
        f"{table}/{_chain(line)}" if line[0] == ":" else f"{table} {line}"
        for table, line in _lines(saved)
        if (_declares_ours(line, traces) if line[0] == ":" else _remarked(line, traces))
    )


def removal(saved: str, traces: Traces) -> str:
    """Return what ``iptables-restore --noflush`` has to read to remove our chains, and the rules that lead to them.

    Only what is removed is named, so rules that others add meanwhile stay; each table changes at once. Empty when
    there is nothing of ours.

    Args:
        saved: What ``iptables-save`` printed, or ``ip6tables-save``.
        traces: Whose chains and rules go.
    """
    commands: dict[str, list[str]] = {}
    tables: dict[str, list[str]] = {}
    for table, line in _lines(saved):
        tables.setdefault(table, []).append(line)
    for table, lines in tables.items():
        chains = [_chain(line) for line in lines if line[0] == ":" and _declares_ours(line, traces)]
        leading = [line for line in lines if line.startswith("-A ") and _leads_to_ours(line, traces)]
        found = [
            *(f"-D {line.removeprefix('-A ')}" for line in leading),
            *(f"-F {chain}" for chain in chains),
            *(f"-X {chain}" for chain in chains),
        ]
        if found:
            commands[table] = found
    return "".join(
        f"*{table}\n" + "".join(f"{line}\n" for line in found) + "COMMIT\n" for table, found in commands.items()
    )


def _lines(saved: str) -> Iterator[tuple[str, str]]:
    """Yield each declaration of a chain and each rule with its table."""
    table = ""
    for line in saved.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
        elif line.startswith((":", "-A ")):
            yield table, line


def _chain(declaration: str) -> str:
    """Return the chain that ``:CHAIN POLICY [packets:bytes]`` declares."""
    return declaration.split(" ", 1)[0][1:]


def _declares_ours(declaration: str, traces: Traces) -> bool:
    return matches(traces.chains, _chain(declaration))


def _leads_to_ours(rule: str, traces: Traces) -> bool:
    """Tell whether a rule of somebody else's chain jumps to one of ours, or says itself that it is ours."""
    words = shlex.split(rule)
    if matches(traces.chains, words[1]):
        return False
    targets = (word for flag, word in pairwise(words) if flag in ("-j", "-g"))
    return any(matches(traces.chains, target) for target in targets) or _remarked(rule, traces)


def _remarked(rule: str, traces: Traces) -> bool:
    """Tell whether the remark of a rule is one of ours."""
    return any(matches(traces.comments, word) for flag, word in pairwise(shlex.split(rule)) if flag == "--comment")
