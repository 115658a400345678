"""Looks deeper into hosts, with the tools container: containerd, swap, disks, and the paths between hosts.

One container a host does both: it looks, says what it saw, and then holds ports open. Nothing of ours listens on a host
that is new to us, and a port published by Docker would skip the host's own firewall rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from rke_py.cluster.model import Cluster
from rke_py.errors import EngineError, HostError
from rke_py.observe.answers import answered
from rke_py.plan.checks import PortPath, measured_folders
from rke_py.plan.components.kubelet import provider_folder
from rke_py.plan.observed import DeepFacts, HostFacts
from rke_py.plan.prefix import prefix_of
from rke_py.transport.interface import Engine, Fleet, PortState
from rke_py.transport.parallel import for_each
from rke_py.transport.tools import look_name, tools_container

_HOLD_SECONDS = 120
_START_TIMEOUT = 60.0
_PAUSE = 0.1
_DIAL_TIMEOUT = 5.0
_LINES = 20

Depths = Mapping[str, DeepFacts | HostError]
Ports = Mapping[PortPath, PortState]


def look_deeper(
    cluster: Cluster, fleet: Fleet, hosts: Mapping[str, HostFacts | None], paths: Iterable[PortPath], run: str
) -> tuple[Depths, Ports]:
    """Look at some hosts and try paths between hosts; the tools image has to be on those hosts.

    Args:
        cluster: Gives the tools image.
        fleet: The hosts' connections.
        hosts: The hosts to look at, with what Docker told of them.
        paths: The paths to try.
        run: Id of this look: another run may look at the same hosts.

    Returns:
        What was seen of each host, and what each path's attempt found.
    """
    wanted, name = tuple(paths), look_name("survey", run)
    ports = {host: sorted({path.port for path in wanted if path.target == host}) for host in hosts}
    try:
        depths = for_each(hosts, lambda host: _survey(cluster, fleet, host, hosts[host], ports[host], name))
        tried = for_each(wanted, lambda path: fleet[path.source].port(path.address, path.port, _DIAL_TIMEOUT))
    finally:
        for_each(hosts, lambda host: fleet[host].engine.remove(name))
    return depths, {
        path: PortState.NOT_CHECKED if isinstance(state, HostError) else state for path, state in tried.items()
    }


def deep_facts(answer: Mapping[str, Any], host: str) -> DeepFacts:
    """Return what the tools container said of its host as a value: JSON knows neither tuples nor numbers as keys."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in answer.items()
    }
    values["listening"] = {int(port): program for port, program in answer.get("listening", {}).items()}
    return answered(DeepFacts, values, host)


def _survey(
    cluster: Cluster, fleet: Fleet, host: str, facts: HostFacts | None, ports: Iterable[int], name: str
) -> DeepFacts:
    """Start the container and wait for what it says; it goes on holding its ports."""
    engine = fleet[host].engine
    prefix = prefix_of(cluster, facts.operating_system if facts else "")
    folders = (word for folder in measured_folders(facts, prefix) for word in ("--folder", folder))
    programs = ("--programs", folder) if (folder := provider_folder(cluster)) else ()
    command = ("survey", "--seconds", str(_HOLD_SECONDS), *folders, *programs, "--", *map(str, ports))
    engine.create(tools_container(cluster.images.tools, command, name=name, prefix=str(prefix)))
    engine.start(name)
    said = Retrying(
        retry=retry_if_result(lambda answer: answer is None),
        wait=wait_fixed(_PAUSE),
        stop=stop_after_delay(_START_TIMEOUT),
        retry_error_callback=lambda _state: None,
    )(_answer, engine, host, name)
    if said is None:
        raise EngineError(
            host, f"the tools container said nothing within {_START_TIMEOUT:.0f} s", evidence=_log(engine, name)
        )
    return deep_facts(said["host"], host)


def _answer(engine: Engine, host: str, name: str) -> dict[str, Any] | None:
    """Return what the container said, None while it says nothing; raises EngineError when it ended instead."""
    for line in _log(engine, name):
        if line.startswith("{"):
            answer: dict[str, Any] = json.loads(line)
            if "host" in answer:
                return answer
            raise EngineError(host, "the tools container failed", evidence=[str(answer.get("error", answer))])
    found = engine.inspect(name)
    if found is None or not (found.running or found.started_at is None):
        raise EngineError(host, "the tools container ended without an answer", evidence=_log(engine, name))
    return None


def _log(engine: Engine, name: str) -> tuple[str, ...]:
    return engine.logs(name, _LINES)
