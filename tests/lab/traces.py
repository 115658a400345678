"""What a host carries, in a form that can be compared before and after."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

from .lab import Lab

_CONTAINERS = "{{.Name}} {{.Id}} {{.State.StartedAt}} restarts {{.RestartCount}} {{.HostConfig.RestartPolicy.Name}}"

# The host's own system (not the lab's notes of its faults), what is mounted for etcd and the kubelet, and what is made
# below /run. Logs and Docker's and containerd's own folders change by themselves; a login rewrites the message of the
# day; the lock of iptables is anybody's; the engine that hosts run in writes their names anew when they start.
_FILES = """
find / /var/lib/etcd /var/lib/kubelet -xdev \\
  \\( -path /var/log -o -path /tmp -o -path /root -o -path '/etc/lab-*' \\) -prune -o \\
  \\( -path /etc/hostname -o -path /etc/hosts -o -path /etc/resolv.conf \\) -o \\
  \\( -type d -printf '%p %y %m %U\\n' -o -printf '%p %y %m %U %s %T@\\n' \\)
ls -1 --ignore motd.dynamic --ignore xtables.lock /run
"""
_NAME_SERVER = "127.0.0.11"
"""Of the engine that the hosts run in: its rules have other ports after each start of a host."""

_ANYBODYS_TABLE = re.compile(r"table (ip6? (filter|nat|mangle|raw|security)|inet lab_faults)")
"""Made when iptables first looks into one, whoever asks; its rules are compared one by one. And the lab's own."""

_RUNTIMES = ("/run/docker", "/run/containerd", "/var/lib/docker", "/var/lib/containerd")


@dataclass(frozen=True, slots=True)
class Traces:
    """A host's containers, pods, volumes, files, mounts, interfaces and packet filter rules, sorted."""

    containers: tuple[str, ...]
    pods: tuple[str, ...]
    volumes: tuple[str, ...]
    files: tuple[str, ...]
    mounts: tuple[str, ...]
    interfaces: tuple[str, ...]
    rules: tuple[str, ...]


def traces(lab: Lab, host: str) -> Traces:
    """Look at a host."""
    names = lab.docker(host, "ps", "-aq").split()
    return Traces(
        containers=_lines(lab.docker(host, "inspect", "--format", _CONTAINERS, *names) if names else ""),
        pods=_lines(lab.run(host, "ctr", "-n", "k8s.io", "containers", "ls", "-q")),
        volumes=_lines(lab.docker(host, "volume", "ls", "-q")),
        files=_lines(lab.shell(host, _FILES)),
        mounts=_mounts(lab.run(host, "cat", "/proc/1/mountinfo")),
        interfaces=_lines(lab.run(host, "ls", "/sys/class/net")),
        rules=_rules(lab.shell(host, "iptables-save; ip6tables-save; nft list tables")),
    )


def of_hosts(lab: Lab, hosts: Sequence[str]) -> Mapping[str, Traces]:
    """Look at several hosts at once."""
    with ThreadPoolExecutor(len(hosts)) as pool:
        return dict(zip(hosts, pool.map(lambda host: traces(lab, host), hosts), strict=True))


def differences(before: Mapping[str, Traces], after: Mapping[str, Traces]) -> list[str]:
    """Return what came (``+``) and what went (``-``), with the host; nothing when all is as it was."""
    return [
        f"{host} {field.name} {sign} {line}"
        for host in before
        for field in fields(Traces)
        for sign, line in _changes(getattr(before[host], field.name), getattr(after[host], field.name))
    ]


def _changes(before: tuple[str, ...], after: tuple[str, ...]) -> list[tuple[str, str]]:
    was, now = set(before), set(after)
    return [*(("-", line) for line in sorted(was - now)), *(("+", line) for line in sorted(now - was))]


def _mounts(mountinfo: str) -> tuple[str, ...]:
    points = (line.split(" ")[4] for line in mountinfo.splitlines())
    return tuple(sorted(point for point in points if not point.startswith(_RUNTIMES)))


def _rules(saved: str) -> tuple[str, ...]:
    """Return rules, tables and chains that somebody made; not what the filter has by itself, nor counters."""
    lines = (line.partition(" [")[0] for line in saved.splitlines() if _NAME_SERVER not in line)
    made = (line for line in lines if line.startswith(("-A ", "table ")) or line.endswith(" -"))
    return tuple(sorted(line for line in made if not _ANYBODYS_TABLE.fullmatch(line)))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(sorted(text.splitlines()))
