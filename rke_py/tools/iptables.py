"""Rules that a cluster leaves in the host's packet filter: text of ``iptables-save`` in, commands for restore out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise

_OURS = re.compile(r"(KUBE|FLANNEL|CNI)-.*")
"""Chains of kubelet and kube-proxy, of flannel, and of the CNI plugins bridge, portmap and firewall."""

NFT_TABLES = ("kube-proxy", "flannel-ipv4", "flannel-ipv6")
"""Tables that kube-proxy and flannel make in nftables mode."""


def chains_of_ours(saved: str) -> tuple[str, ...]:
    """Return our chains as ``table/chain``, in the order in which they are listed."""
    return tuple(
        f"{table}/{line.split(' ', 1)[0][1:]}" for table, line in _lines(saved) if line[0] == ":" and _is_ours(line)
    )


def removal(saved: str) -> str:
    """Return what ``iptables-restore --noflush`` has to read to remove our chains, and the rules that lead to them.

    Only what is removed is named, so rules that others add meanwhile stay; each table changes at once. Empty when
    there is nothing of ours.

    Args:
        saved: What ``iptables-save`` printed, or ``ip6tables-save``.
    """
    commands: dict[str, list[str]] = {}
    tables: dict[str, list[str]] = {}
    for table, line in _lines(saved):
        tables.setdefault(table, []).append(line)
    for table, lines in tables.items():
        chains = [line.split(" ", 1)[0][1:] for line in lines if line[0] == ":" and _is_ours(line)]
        leading = [line for line in lines if line.startswith("-A ") and _leads_to_ours(line)]
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


def _is_ours(declaration: str) -> bool:
    """Tell whether ``:CHAIN POLICY [packets:bytes]`` declares a chain of ours."""
    return _OURS.fullmatch(declaration.split(" ", 1)[0][1:]) is not None


def _leads_to_ours(rule: str) -> bool:
    """Tell whether a rule of somebody else's chain jumps to one of ours."""
    words = shlex.split(rule)
    if _OURS.fullmatch(words[1]):
        return False
    targets = (word for flag, word in pairwise(words) if flag in ("-j", "-g"))
    return any(_OURS.fullmatch(target) for target in targets)
