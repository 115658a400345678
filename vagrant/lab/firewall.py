"""What an engine of the lab leaves in the kernel when it stops, taken away: rules, forwarding, its bridge."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from .commands import attempt, run
from .packages import installed

_PROGRAMS = ("iptables", "ip6tables")
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
_BRIDGE = "docker0"
_OF_DOCKER = re.compile(r"^:DOCKER\b|^-A DOCKER\b|-j DOCKER\b|\bdocker0\b|\bbr-[0-9a-f]{12}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """How the kernel was before the engine started.

    Attributes:
        docker: Whether another engine had left its rules; then they are left alone.
        forwarding: Content of the sysctl ``net.ipv4.ip_forward``.
        policies: Policy of the chain FORWARD, by program.
    """

    docker: bool
    forwarding: str
    policies: dict[str, str]


def remember(file: Path) -> None:
    """Note how the kernel is now, unless that was noted before and not restored since."""
    if file.exists():
        return
    dumps = {program: run(f"{program}-save") for program in _PROGRAMS if installed(f"{program}-save")}
    before = Before(
        docker=any(map(has_docker, dumps.values())),
        forwarding=_FORWARDING.read_text().strip(),
        policies={program: forward_policy(dump) for program, dump in dumps.items()},
    )
    file.write_text(json.dumps(asdict(before)) + "\n")


def restore(file: Path) -> None:
    """Make the kernel as it was noted; the engine has stopped."""
    if not file.exists():
        return
    before = Before(**json.loads(file.read_text()))
    if not before.docker:
        for program, policy in before.policies.items():
            run(f"{program}-restore", stdin=without_docker(run(f"{program}-save"), policy))
        attempt("ip", "link", "delete", _BRIDGE)
        _FORWARDING.write_text(before.forwarding)
    file.unlink()


def has_docker(dump: str) -> bool:
    """Tell whether an ``iptables-save`` text has rules or chains of Docker."""
    return any(_OF_DOCKER.search(line) for line in dump.splitlines())


def forward_policy(dump: str) -> str:
    """Return the policy of the chain FORWARD of the table filter in an ``iptables-save`` text."""
    found = re.search(r"^\*filter$.*?^:FORWARD (\w+)", dump, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else "ACCEPT"


def without_docker(dump: str, policy: str) -> str:
    """Return an ``iptables-save`` text without what Docker put there, for ``iptables-restore``."""
    table = ""
    kept = []
    for line in dump.splitlines():
        if line.startswith("*"):
            table = line[1:]
        if table == "filter" and line.startswith(":FORWARD "):
            kept.append(f":FORWARD {policy} [0:0]")
        elif not _OF_DOCKER.search(line):
            kept.append(line)
    return "\n".join([*kept, ""])
