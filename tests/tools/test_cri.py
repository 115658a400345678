"""CRI calls, against a server that speaks the protocol on a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rke_py.tools.cri import Runtime, Sandbox
from rke_py.tools.cri_messages import MESSAGES, PACKAGE, message
from rke_py.tools.errors import CriError

Answers = dict[str, Callable[[Any], dict[str, Any]]]

PODS = [
    {"id": "1", "metadata": {"name": "coredns", "uid": "u", "namespace": "kube-system"}},
    {"id": "2", "metadata": {"name": "web", "uid": "v", "namespace": "default"}},
]


@contextmanager
def server(socket: Path, answers: Answers) -> Iterator[Runtime]:
    """Serve the given methods; all others are unknown, as with an older runtime."""

    def handler(method: str, answer: Callable[[Any], dict[str, Any]]) -> grpc.RpcMethodHandler[Any, Any]:
        return grpc.unary_unary_rpc_method_handler(
            lambda request, _context: message(f"{method}Response")(**answer(request)),
            request_deserializer=message(f"{method}Request").FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )

    with ThreadPoolExecutor(2) as pool:
        serving = grpc.server(pool)
        handlers = {method: handler(method, answer) for method, answer in answers.items()}
        serving.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(f"{PACKAGE}.RuntimeService", handlers),))
        serving.add_insecure_port(f"unix://{socket}")
        serving.start()
        with Runtime(str(socket)) as runtime:
            yield runtime
        serving.stop(grace=None).wait()


def test_version(tmp_path: Path) -> None:
    answers: Answers = {"Version": lambda _: {"runtime_name": "containerd", "runtime_version": "1.7.24"}}
    with server(tmp_path / "s", answers) as runtime:
        assert runtime.version() == "containerd 1.7.24"


def test_configuration_comes_with_the_verbose_status(tmp_path: Path) -> None:
    config = {"sandboxImage": "pause:3.10"}
    answers: Answers = {"Status": lambda request: {"info": {"config": json.dumps(config)} if request.verbose else {}}}
    with server(tmp_path / "s", answers) as runtime:
        assert runtime.configuration() == config


@pytest.mark.parametrize(("driver", "systemd"), [(0, True), (1, False)])
def test_cgroup_driver(tmp_path: Path, driver: int, systemd: bool) -> None:
    answers: Answers = {"RuntimeConfig": lambda _: {"linux": {"cgroup_driver": driver}}}
    with server(tmp_path / "s", answers) as runtime:
        assert runtime.systemd_cgroup() is systemd


def test_an_older_runtime_cannot_tell_its_cgroup_driver(tmp_path: Path) -> None:
    with server(tmp_path / "s", {}) as runtime:
        assert runtime.systemd_cgroup() is None


def test_sandboxes(tmp_path: Path) -> None:
    with server(tmp_path / "s", {"ListPodSandbox": lambda _: {"items": PODS}}) as runtime:
        assert runtime.sandboxes() == (
            Sandbox(id="1", namespace="kube-system", name="coredns"),
            Sandbox(id="2", namespace="default", name="web"),
        )


@pytest.mark.parametrize(("network", "own"), [(0, True), (2, False)])
def test_a_pod_tells_whether_it_is_in_the_hosts_network(tmp_path: Path, network: int, own: bool) -> None:
    status = {"id": "1", "linux": {"namespaces": {"options": {"network": network}}}}
    with server(tmp_path / "s", {"PodSandboxStatus": lambda _: {"status": status}}) as runtime:
        assert runtime.in_pod_network(Sandbox(id="1", namespace="default", name="web")) is own


def test_only_running_containers_are_listed(tmp_path: Path) -> None:
    containers = [{"id": "a", "state": 1}, {"id": "b", "state": 2}]
    with server(tmp_path / "s", {"ListContainers": lambda _: {"containers": containers}}) as runtime:
        assert runtime.running_containers() == ("a",)


def test_a_sandbox_is_stopped_before_it_is_removed(tmp_path: Path) -> None:
    calls: list[str] = []

    def note(what: str) -> Callable[[Any], dict[str, Any]]:
        def answer(request: Any) -> dict[str, Any]:
            calls.append(f"{what} {request.pod_sandbox_id}")
            return {}

        return answer

    answers = {"StopPodSandbox": note("stop"), "RemovePodSandbox": note("remove")}
    with server(tmp_path / "s", answers) as runtime:
        runtime.remove_sandbox(Sandbox(id="1", namespace="default", name="web"))
    assert calls == ["stop 1", "remove 1"]


def test_without_its_cri_plugin_a_runtime_knows_no_call(tmp_path: Path) -> None:
    with server(tmp_path / "s", {}) as runtime, pytest.raises(CriError, match="CRI Version") as caught:
        runtime.version()
    assert caught.value.unimplemented


def test_a_socket_that_is_not_there(tmp_path: Path) -> None:
    with Runtime(str(tmp_path / "none")) as runtime, pytest.raises(CriError, match="CRI Version") as caught:
        runtime.version()
    assert not caught.value.unimplemented


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_can_be_made(name: str) -> None:
    assert message(name).FromString(message(name)().SerializeToString()) == message(name)()


@given(st.dictionaries(st.text(), st.text()))
def test_what_is_sent_is_what_is_received(info: dict[str, str]) -> None:
    sent = message("StatusResponse")(info=info)
    assert dict(message("StatusResponse").FromString(sent.SerializeToString()).info) == info


def test_fields_that_are_not_known_here_are_passed_over() -> None:
    sandbox = b"\x0a\x01x" + b"\x18\x01" + b"\x3a\x04runc"  # id, state, runtime_handler
    assert message("PodSandbox").FromString(sandbox).id == "x"
