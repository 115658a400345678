"""Calls to the host's container runtime over its CRI socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import grpc

from rke_py.tools.cri_messages import NODE_NETWORK, PACKAGE, RUNNING, SYSTEMD_DRIVER, message
from rke_py.tools.errors import CriError
from rke_py.tools.namespaces import HOST_ROOT

SOCKET = f"{HOST_ROOT}/run/containerd/containerd.sock"

_CALL_TIMEOUT = 10.0
_STOP_TIMEOUT = 60.0
"""Stopping a sandbox includes the CNI plugins' work."""

_PULL_TIMEOUT = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A pod as the runtime knows it."""

    id: str
    namespace: str
    name: str

    @property
    def title(self) -> str:
        """What an operator knows it by."""
        return f"{self.namespace}/{self.name}"


class Runtime:
    """The runtime behind a CRI socket; every call raises CriError with the runtime's own words.

    Usage::

        with Runtime() as runtime:
            runtime.version()
    """

    def __init__(self, socket: str = SOCKET) -> None:
        self._channel = grpc.insecure_channel(f"unix://{socket}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()

    def version(self) -> str:
        """Return name and version: ``containerd 1.7.24``."""
        answer = self._call("Version")
        return f"{answer.runtime_name} {answer.runtime_version}".strip()

    def configuration(self) -> Mapping[str, Any]:
        """Return the configuration that the runtime tells with its status, empty when it tells none."""
        text = self._call("Status", verbose=True).info.get("config", "{}")
        config = json.loads(text)
        return config if isinstance(config, dict) else {}

    def systemd_cgroup(self) -> bool | None:
        """Tell whether the runtime uses the systemd cgroup driver; None when it cannot be asked (containerd 1.x)."""
        try:
            answer = self._call("RuntimeConfig")
        except CriError as error:
            if error.unimplemented:
                return None
            raise
        return bool(answer.linux.cgroup_driver == SYSTEMD_DRIVER) if answer.HasField("linux") else None

    def sandboxes(self) -> tuple[Sandbox, ...]:
        """Return every pod sandbox, whatever its state."""
        return tuple(
            Sandbox(id=item.id, namespace=item.metadata.namespace, name=item.metadata.name)
            for item in self._call("ListPodSandbox").items
        )

    def in_pod_network(self, sandbox: Sandbox) -> bool:
        """Tell whether a pod has a network of its own instead of the host's; one that is gone meanwhile has none."""
        try:
            status = self._call("PodSandboxStatus", pod_sandbox_id=sandbox.id).status
        except CriError as error:
            if error.missing:
                return False
            raise
        return bool(status.linux.namespaces.options.network != NODE_NETWORK)

    def running_containers(self, sandbox: Sandbox | None = None) -> tuple[str, ...]:
        """Return the ids of the containers that run, all or those of one pod."""
        return tuple(
            item.id
            for item in self._call("ListContainers").containers
            if item.state == RUNNING and (sandbox is None or item.pod_sandbox_id == sandbox.id)
        )

    def stop_container(self, container: str, grace: int) -> None:
        """Send SIGTERM, and SIGKILL after ``grace`` seconds."""
        self._call("StopContainer", timeout_seconds=grace + _CALL_TIMEOUT, container_id=container, timeout=grace)

    def stop_sandbox(self, sandbox: Sandbox) -> None:
        """Kill what still runs in it and take down its network; nothing happens when that was done before."""
        self._call("StopPodSandbox", timeout_seconds=_STOP_TIMEOUT, pod_sandbox_id=sandbox.id)

    def remove_sandbox(self, sandbox: Sandbox) -> None:
        """Stop it and remove it with its containers."""
        self.stop_sandbox(sandbox)
        self._call("RemovePodSandbox", timeout_seconds=_STOP_TIMEOUT, pod_sandbox_id=sandbox.id)

    def has_image(self, name: str) -> bool:
        """Tell whether an image is there."""
        answer = self._call("ImageStatus", service="ImageService", image=message("ImageSpec")(image=name))
        return bool(answer.HasField("image"))

    def pull_image(self, name: str) -> None:
        """Pull an image, without credentials."""
        spec = message("ImageSpec")(image=name)
        self._call("PullImage", service="ImageService", timeout_seconds=_PULL_TIMEOUT, image=spec)

    def _call(
        self,
        method: str,
        *,
        service: str = "RuntimeService",
        timeout_seconds: float = _CALL_TIMEOUT,
        **fields: object,
    ) -> Any:
        call: grpc.UnaryUnaryMultiCallable[Any, Any] = self._channel.unary_unary(
            f"/{PACKAGE}.{service}/{method}",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=message(f"{method}Response").FromString,
        )
        try:
            return call(message(f"{method}Request")(**fields), timeout=timeout_seconds)
        except grpc.RpcError as error:
            what, code = f"CRI {method}: {error.details() or error}", error.code()
            unimplemented, missing = code is grpc.StatusCode.UNIMPLEMENTED, code is grpc.StatusCode.NOT_FOUND
            raise CriError(what, unimplemented=unimplemented, missing=missing) from error
