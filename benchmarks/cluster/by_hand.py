"""The comparison: a cluster by hand, timed part by part."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from string import Template

from benchmarks.commands import NotMeasured
from benchmarks.hosts import Hosts
from benchmarks.timeline import Timeline
from vagrant.lab import programs
from vagrant.lab.images import REGISTRY

from .figures import ByHand
from .watch import Watch, by_token

MANIFEST = Path(__file__).with_name("network.yaml")
"""What the network and DNS by hand are; ``$registry`` and ``$api`` are filled in."""

_SCRIPT = Path(__file__).with_name("by_hand.sh")
_TOKEN = "by-hand"  # by_hand.sh
_BEGIN = "begin"


def by_hand(hosts: Hosts) -> ByHand:
    """Make a cluster and return its times; seconds since the hosts' connections stood."""
    manifest = Template(MANIFEST.read_text("utf-8"))
    text = manifest.substitute(registry=REGISTRY, api=hosts.addresses[0])
    (hosts.folder / "network.yaml").write_text(text, "utf-8")
    parts = Timeline()
    with ExitStack() as stack:
        command = [str(_SCRIPT), str(hosts.folder), *hosts.addresses]
        process = stack.enter_context(
            subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, **_versions()},
            )
        )
        began, before, watch = time.monotonic(), 0.0, None
        for line in process.stdout or ():
            part, now = line.strip(), time.monotonic()
            if part == _BEGIN:
                began = now
                watch = stack.enter_context(Watch(hosts, by_token(hosts.folder / "tls.crt", _TOKEN)))
            else:
                parts.start(part, before)
                parts.end(part, now - began)
                before = now - began
        if process.wait() or watch is None:
            raise NotMeasured(f"by hand: {process.stderr.read() if process.stderr else ''}")
        seen = watch.wait()
    return ByHand(parts=parts.stages, ready=seen["ready"] - began, dns=seen["dns"] - began)


def _versions() -> dict[str, str]:
    return {
        "REGISTRY": REGISTRY,
        "KUBERNETES_VERSION": programs.KUBERNETES_VERSIONS[0],
        "ETCD_VERSION": programs.ETCD_VERSIONS[0],
    }
