"""A container that runs to its end: its exit code and what it wrote."""

from __future__ import annotations

from contextlib import suppress
from math import ceil

import requests

from rke_py.errors import EngineError
from rke_py.plan.containers import ContainerSpec
from rke_py.transport.container_json import create_request
from rke_py.transport.docker_api import DockerApi
from rke_py.transport.faults import timed_out
from rke_py.transport.interface import Output

_EVIDENCE_LINES = 20


def run_once(api: DockerApi, host: str, spec: ContainerSpec, timeout: float, stdin: bytes | None = None) -> Output:
    """Create, start, wait, read its output and remove it, whatever happens.

    Args:
        api: The host's Docker.
        host: The node's name, for errors.
        spec: The container; one of its name left over by an interrupted run is removed first.
        timeout: Seconds it may run.
        stdin: Its whole standard input; None for none.

    Raises:
        EngineError: It did not end in time; its last lines are the evidence.
    """
    api.discard(spec.name)
    request = create_request(spec, api.api_version, stdin=stdin is not None)
    identity = api.create(request, spec.name)
    try:
        if stdin is None:
            api.start(identity)
        else:
            _start_and_feed(api, identity, stdin, timeout)
        exit_code = _wait(api, host, identity, spec.name, timeout)
        return Output(
            exit_code=exit_code,
            stdout=api.logs(identity, stderr=False).decode("utf-8", "replace"),
            stderr=api.logs(identity, stdout=False).decode("utf-8", "replace"),
        )
    finally:
        api.discard(identity)


def _start_and_feed(api: DockerApi, identity: str, stdin: bytes, timeout: float) -> None:
    """Start it and write its whole standard input; what it writes is read from its log.

    Docker takes the input's end from the half-closed stream. Attached before the start, the stream ends with the
    program, whether or not that has read everything; attached to one that has ended, nobody would take the bytes.
    """
    with api.feeding:
        channel = api.attach_socket(identity, params={"stdin": 1, "stream": 1})
        try:
            api.start(identity)
            channel.settimeout(timeout)
            with suppress(OSError):  # the program ended first; its exit code tells
                channel.sendall(stdin)
                channel.shutdown_write()
        finally:
            # docker-py leaves the response, and with it the pool's connection, to whoever has the socket.
            channel._response.close()


def _wait(api: DockerApi, host: str, identity: str, name: str, timeout: float) -> int:
    try:
        return int(api.wait(identity, timeout=ceil(timeout))["StatusCode"])
    except requests.RequestException as fault:
        if not timed_out(fault):
            raise
        lines = api.logs(identity, tail=_EVIDENCE_LINES).decode("utf-8", "replace").splitlines()
        raise EngineError(host, f"{name} did not end within {timeout:g} s", evidence=lines) from fault
