"""Looks deeper into hosts, with the tools container: containerd, swap, disks, and the paths between hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from rke_py.cluster.model import Cluster
from rke_py.errors import EngineError, HostError
from rke_py.plan.checks import PortPath, measured_folders
from rke_py.plan.observed import DeepFacts, HostFacts
from rke_py.transport.interface import Engine, Fleet, PortState
from rke_py.transport.parallel import for_each
from rke_py.transport.tools import run_tools, tools_container

_PROBE_TIMEOUT = 60.0
_LISTENER = "rke-py-listen"
_LISTEN_SECONDS = 60
_START_TIMEOUT = 20.0
_PAUSE = 0.1
_DIAL_TIMEOUT = 5.0


def look_deeper(
    cluster: Cluster, fleet: Fleet, hosts: Mapping[str, HostFacts | None]
) -> Mapping[str, DeepFacts | HostError]:
    """Ask the tools container on each of the hosts, all at once; its image has to be there.

    Args:
        cluster: Gives the tools image.
        fleet: The hosts' connections.
        hosts: The hosts to look at, with what Docker told of them.
    """

    def probe(host: str) -> DeepFacts:
        folders = (word for folder in measured_folders(hosts[host]) for word in ("--folder", folder))
        command = ("probe", *folders)
        answer = run_tools(fleet[host].engine, host, cluster.images.tools, command, timeout=_PROBE_TIMEOUT)
        return deep_facts(answer)

    return for_each(hosts, probe)


def deep_facts(answer: Mapping[str, Any]) -> DeepFacts:
    """Return what ``rke_py.tools probe`` printed as a value: JSON knows neither tuples nor numbers as keys."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in answer.items()
    }
    values["listening"] = {int(port): program for port, program in answer.get("listening", {}).items()}
    return DeepFacts(**values)


def look_at_ports(
    cluster: Cluster, fleet: Fleet, fresh: Iterable[str], paths: Iterable[PortPath]
) -> Mapping[PortPath, PortState]:
    """Try every path between hosts at once.

    On fresh hosts nothing listens yet, so the tools container does, on the host's own network: a published port would
    skip the host's firewall rules.
    """
    wanted = tuple(paths)
    ports = {host: sorted({path.port for path in wanted if path.target == host}) for host in fresh}
    try:
        for_each(ports, lambda host: _listen(cluster, host, fleet[host].engine, ports[host]))
        seen = for_each(wanted, lambda path: fleet[path.source].port(path.address, path.port, _DIAL_TIMEOUT))
    finally:
        for_each(ports, lambda host: fleet[host].engine.remove(_LISTENER))
    return {path: PortState.NOT_CHECKED if isinstance(state, HostError) else state for path, state in seen.items()}


def _listen(cluster: Cluster, host: str, engine: Engine, ports: list[int]) -> None:
    """Start the listener and wait until it says that it listens."""
    command = ("listen", "--seconds", str(_LISTEN_SECONDS), *map(str, ports))
    engine.remove(_LISTENER)
    engine.create(tools_container(cluster.images.tools, command, name=_LISTENER))
    engine.start(_LISTENER)
    said = Retrying(
        retry=retry_if_result(lambda lines: not lines),
        wait=wait_fixed(_PAUSE),
        stop=stop_after_delay(_START_TIMEOUT),
        retry_error_callback=lambda state: (),
    )(engine.logs, _LISTENER, 1)
    if not said:
        raise EngineError(host, f"the port listener did not start within {_START_TIMEOUT:.0f} s")
