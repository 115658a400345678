"""``rke-py up`` as an operator runs it, timed from the start of its process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.commands import ENVIRONMENT, RKE_PY, NotMeasured, seconds_of
from benchmarks.hosts import Hosts
from benchmarks.timeline import Timeline

from .figures import WithRkePy
from .watch import Watch, by_kubeconfig


def with_rke_py(hosts: Hosts) -> WithRkePy:
    """Make a cluster, run ``up`` and ``plan`` once more on it, and return the times."""
    config = hosts.folder / "cluster.yml"
    up = (RKE_PY, "up", "--yes", "--output", "json", "--config", str(config))
    before = hosts.handshakes()
    with Watch(hosts, by_kubeconfig(hosts.folder / "kube_config_cluster.yml")) as watch:
        began = time.monotonic()
        stages = _run(up, began)
        ended = time.monotonic()
        seen = watch.wait()
    after = hosts.handshakes()
    _explain(hosts, _differences(before, after))
    second = seconds_of(up)
    after_second = hosts.handshakes()
    return WithRkePy(
        stages=stages.stages,
        ready=seen["ready"] - began,
        dns=seen["dns"] - began,
        ended=ended - began,
        second=second,
        plan=seconds_of((RKE_PY, "plan", "--detailed-exitcode", "--config", str(config))),
        handshakes=_differences(before, after),
        second_handshakes=_differences(after, after_second),
    )


def _run(command: tuple[str, ...], began: float) -> Timeline:
    """Run ``up`` and return its stages, in seconds since its process was started."""
    events: list[Mapping[str, Any]] = []
    timeline = Timeline()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        for line in process.stdout or ():
            at = time.monotonic() - began
            event = json.loads(line)
            events.append(event)
            if event["event"] == "stage-started":
                timeline.start(event["stage"], at)
            elif event["event"] == "stage-ended":
                timeline.end(event["stage"], at)
    if process.returncode:
        raise NotMeasured(f"rke-py up: exit status {process.returncode}\n{json.dumps(events[-1:], indent=2)}")
    return timeline


def _explain(hosts: Hosts, handshakes: tuple[int, ...]) -> None:
    """Show both sides' logs when a host was connected to more than once: the hosts are gone later."""
    if set(handshakes) == {1}:
        return
    ours = (hosts.folder / "cluster.log").read_text("utf-8", "replace").splitlines()
    theirs = [f"{name}: {line}" for name, lines in hosts.connections().items() for line in lines]
    lines = [*theirs, *(line for line in ours if ": connected to " in line)]
    print("\n".join(["SSH handshakes by host: " + ", ".join(map(str, handshakes)), *lines]), file=sys.stderr)


def _differences(before: Iterable[int], after: Iterable[int]) -> tuple[int, ...]:
    return tuple(later - earlier for earlier, later in zip(before, after, strict=True))
