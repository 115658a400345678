"""Who runs rke-py: a folder with a cluster.yml, a home with a known_hosts, and the installed command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rke_py.state.model import State
from rke_py.stores.statefile import StateStore

from .lab import ALL, Lab

Event = Mapping[str, Any]
_LIMIT = 600


@dataclass(frozen=True, slots=True)
class Run:
    """A run of rke-py that is over."""

    status: int
    out: str
    err: str

    @staticmethod
    def of_events(status: int, events: Sequence[Event]) -> Run:
        """Return the run that reported these events."""
        return Run(status, "\n".join(json.dumps(event) for event in events), "")

    @property
    def events(self) -> tuple[Event, ...]:
        """What it reported, with ``--output json``."""
        return tuple(json.loads(line) for line in self.out.splitlines())

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """Host and title of every step that it began, in order."""
        return tuple((event["host"], event["step"]) for event in self.events if event["event"] == "step-started")

    @property
    def changed(self) -> int:
        """How many steps it did; 0 says that there was nothing to do."""
        (finished,) = (event for event in self.events if event["event"] == "finished")
        return int(finished["changed"])

    @property
    def error(self) -> Mapping[str, Any]:
        """How it failed: ``type``, ``where``, ``what``, ``evidence``, ``hint``, ``problems``, ``failures``."""
        last = self.events[-1]
        assert last["event"] == "failed", f"it did not fail: {last}"
        error: Mapping[str, Any] = last["error"]
        return error

    @property
    def faults(self) -> tuple[Mapping[str, Any], ...]:
        """What stopped it before any change: ``where``, ``what``, ``hint`` of each fault."""
        return tuple(problem for problem in self.error["problems"] if not problem["warning"])

    @property
    def warnings(self) -> tuple[Mapping[str, Any], ...]:
        """What it warned of."""
        return tuple(event["problem"] for event in self.events if event["event"] == "warned")

    def explained(self) -> str:
        """Return what a person who reads a failed test wants to see."""
        return f"exit status {self.status}\n{self.out[-6000:]}\n{self.err[-6000:]}"


@dataclass(slots=True)
class Operator:
    """One cluster.yml and what lies beside it.

    Attributes:
        config: What cluster.yml says; ``edit`` changes it.
        environment: Variables for rke-py beside those of the tests.
        shown: All that rke-py ever wrote to this operator's terminal.
    """

    lab: Lab
    folder: Path
    home: Path
    config: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)

    @property
    def cluster_yml(self) -> Path:
        """The file."""
        return self.folder / "cluster.yml"

    @property
    def kubeconfig(self) -> Path:
        """What ``up`` writes for kubectl."""
        return self.folder / "kube_config_cluster.yml"

    @property
    def state_file(self) -> Path:
        """What ``up`` remembers."""
        return self.folder / "cluster.rkestate"

    @property
    def known_hosts(self) -> Path:
        """The host keys that the operator trusts."""
        return self.home / ".ssh" / "known_hosts"

    @property
    def state(self) -> State:
        """What is remembered."""
        state = StateStore(self.state_file).read()
        assert state is not None, f"there is no {self.state_file}"
        return state

    def edit(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change cluster.yml."""
        change(self.config)
        self.cluster_yml.write_text(yaml.safe_dump(self.config, sort_keys=False))

    def node(self, name: str) -> dict[str, Any]:
        """Return the entry of a host in ``nodes``."""
        return next(node for node in self.config["nodes"] if node["hostname_override"] == name)

    def command(self, *words: str) -> list[str]:
        """Return the command line of rke-py."""
        return [sys.executable, "-m", "rke_py", *words]

    def run(self, *words: str) -> Run:
        """Run rke-py to its end, without a terminal."""
        done = subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self._variables(),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=_LIMIT,
        )
        self.shown += [done.stdout, done.stderr]
        return Run(done.returncode, done.stdout, done.stderr)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start rke-py in a process group of its own and leave it running; its events are read from ``stdout``."""
        return subprocess.Popen(
            self.command(*words),
            cwd=self.folder,
            env=self._variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @contextmanager
    def following(self, *words: str) -> Iterator[tuple[subprocess.Popen[str], Iterator[Event]]]:
        """Start rke-py with ``--output json`` and give its process and its events as they come.

        What it says in the end on standard error, for people, is kept in ``shown`` only.
        """
        with self.begin(*words) as process:
            assert process.stdout is not None
            yield process, (json.loads(line) for line in self._showing(process.stdout) if line.startswith("{"))

    def done(self, *words: str) -> Run:
        """Run a command that asks nothing; any failure is a failed test."""
        done = self.run(*words)
        assert done.status == 0, done.explained()
        return done

    def agreed(self, *words: str, status: int = 0) -> Run:
        """Run a command that asks, having agreed; any other exit status than the expected one is a failed test."""
        done = self.run(*words, "--yes", "--output", "json")
        assert done.status == status, done.explained()
        return done

    def up(self, *words: str, status: int = 0) -> Run:
        """Run ``up``."""
        return self.agreed("up", *words, status=status)

    def remove(self) -> Run:
        """Run ``remove`` on all hosts, so that they are as they were found: snapshots of etcd go too."""
        return self.agreed("remove", "--delete-snapshots")

    def wants(self, roles: Mapping[str, Sequence[str]]) -> None:
        """Let cluster.yml have these hosts of the lab, with these roles."""
        nodes = _entries(self.lab)
        self.edit(
            lambda config: config.update(nodes=[nodes[name] | {"role": list(role)} for name, role in roles.items()])
        )

    def _showing(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self.shown.append(line)
            yield line

    def _variables(self) -> dict[str, str]:
        theirs = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**theirs, "HOME": str(self.home), "SSH_AUTH_SOCK": "", **self.environment}


def operator(lab: Lab, folder: Path, hosts: Sequence[str] = ALL, *, metrics: bool = True) -> Operator:
    """Return an operator with the lab's cluster.yml for some of its hosts.

    Hosts' keys are in the operator's known_hosts, and no longer in cluster.yml. Without ``metrics`` the cluster has no
    metrics-server, for whose first measurements ``up`` waits fifteen seconds.
    """
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True, exist_ok=True)
    shutil.copy(lab.folder / "known_hosts", home / ".ssh" / "known_hosts")
    config = yaml.safe_load((lab.folder / "cluster.yml").read_text())
    entries = _entries(lab)
    config["nodes"] = [entries[name] for name in entries if name in hosts]
    if not metrics:
        config["monitoring"] = {"provider": "none"}
    person = Operator(lab, folder, home, config)
    person.edit(lambda _: None)
    return person


def _entries(lab: Lab) -> dict[str, dict[str, Any]]:
    """Return what the lab's cluster.yml says of each host, without its key, which known_hosts has."""
    nodes = yaml.safe_load((lab.folder / "cluster.yml").read_text())["nodes"]
    return {node["hostname_override"]: {key: node[key] for key in node if key != "host_key"} for node in nodes}
