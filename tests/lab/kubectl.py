"""kubectl, as an operator uses it on the cluster."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .waiting import CommandFailed, until

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl with a kubeconfig."""

    program: Path
    kubeconfig: Path

    def __call__(self, *words: str, stdin: str | None = None) -> str:
        """Run it and return what it printed; raises CommandFailed with its message."""
        done = self.attempt(*words, stdin=stdin)
        if done.returncode:
            raise CommandFailed(f"kubectl {' '.join(words)}: {done.stderr}{done.stdout}")
        return done.stdout

    def attempt(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run it, however it ends."""
        return subprocess.run(self.command(*words), input=stdin or "", capture_output=True, text=True, check=False)

    def command(self, *words: str) -> list[str]:
        """Return its command line."""
        return [str(self.program), "--kubeconfig", str(self.kubeconfig), *words]

    def object(self, *words: str) -> Object:
        """Return an object, or a list with ``items``."""
        found: Object = json.loads(self("get", "-o", "json", *words))
        return found

    def items(self, *words: str) -> Sequence[Object]:
        """Return objects of a kind."""
        items: Sequence[Object] = self.object(*words)["items"]
        return items

    def apply(self, *objects: Object) -> None:
        """Apply objects."""
        self("apply", "-f", "-", stdin=yaml.safe_dump_all(objects))

    def delete(self, *objects: Object, wait: bool = True) -> None:
        """Delete objects, and as a rule wait until they are gone."""
        self("delete", "--ignore-not-found", f"--wait={wait}".lower(), "-f", "-", stdin=yaml.safe_dump_all(objects))

    def ready_nodes(self) -> set[str]:
        """Return the names of the nodes that are Ready."""
        return {node["metadata"]["name"] for node in self.items("nodes") if _holds(node, "Ready")}

    def wait_pods(self, *names: str, seconds: float = 180) -> None:
        """Wait until pods are Ready."""
        self("wait", "--for=condition=Ready", f"--timeout={seconds:.0f}s", *(f"pod/{name}" for name in names))

    def wait_nodes(self, *names: str, seconds: float = 180) -> None:
        """Wait until these nodes, and no fewer, are Ready."""
        until(lambda: set(names) <= self.ready_nodes(), f"{', '.join(names)} Ready", seconds=seconds)

    def logs(self, *words: str) -> str:
        """Return the log of a pod."""
        return self("logs", *words)

    def shell(self, pod: str, script: str) -> str:
        """Run shell text in a pod."""
        return self("exec", pod, "--", "sh", "-euc", script)


def _holds(thing: Object, condition: str) -> bool:
    return any(found["type"] == condition and found["status"] == "True" for found in thing["status"]["conditions"])
