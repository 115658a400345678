"""The cluster is an ordinary Kubernetes for those who work with it."""

from __future__ import annotations

import base64
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.request import urlopen

import pytest

from .cluster import Cluster
from .csr import certificate_request, key_and_request
from .kubectl import Kubectl
from .lab import ALL, WORKER, Lab
from .pods import IMAGE, SERVE, on_every_host, pod, service
from .waiting import until

pytestmark = pytest.mark.lab

_READY = {"readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1}}
_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"


@pytest.fixture(scope="module")
def clients(kubectl: Kubectl) -> Iterator[Mapping[str, str]]:
    """A pod on every host, by host, and a Service ``web`` whose pod is on the worker."""
    objects = (pod("web", host=WORKER, script=SERVE, container=_READY), service("web"), on_every_host("client"))
    kubectl.apply(*objects)
    kubectl.wait_pods("web")
    kubectl("rollout", "status", "daemonset/client", "--timeout=180s")
    yield {found["spec"]["nodeName"]: found["metadata"]["name"] for found in kubectl.items("pods", "-l", "app=client")}
    kubectl.delete(*objects)


@pytest.mark.parametrize("host", ALL)
def test_a_service_is_found_by_name_and_reached_from_every_host(
    kubectl: Kubectl, clients: Mapping[str, str], host: str
) -> None:
    address = kubectl.object("service", "web")["spec"]["clusterIP"]
    resolved = kubectl.shell(clients[host], "getent hosts web.default.svc.cluster.local")
    assert resolved.split()[0] == address
    # a host hears of a Service's pod a moment after it is Ready
    answer = until(lambda: kubectl.shell(clients[host], "curl -sS --fail --max-time 20 http://web"), "web answers")
    assert answer == "web\n"


def test_a_pod_reaches_the_api_with_its_projected_token(kubectl: Kubectl, clients: Mapping[str, str]) -> None:
    ask = f'curl -sS --fail --cacert {_TOKEN}/ca.crt -H "Authorization: Bearer $(cat {_TOKEN}/token)"'
    answer = kubectl.shell(clients["n1"], f"{ask} https://kubernetes.default.svc.cluster.local/version")
    assert '"gitVersion": "v1.' in answer


def test_logs_of_a_pod_on_another_host_are_shown(kubectl: Kubectl, clients: Mapping[str, str]) -> None:
    assert "serving" in kubectl("logs", "web")


def test_exec_passes_input_output_and_exit_status(kubectl: Kubectl, clients: Mapping[str, str]) -> None:
    done = kubectl.attempt("exec", "-i", clients["n2"], "--", "sh", "-c", "cat; exit 7", stdin="over and back\n")
    assert (done.returncode, done.stdout) == (7, "over and back\n")


def test_top_shows_every_node_and_pod(kubectl: Kubectl, clients: Mapping[str, str]) -> None:
    def measured() -> bool:
        nodes = kubectl("top", "nodes", "--no-headers")
        return set(ALL) == {line.split()[0] for line in nodes.splitlines() if "%" in line}

    until(measured, "every node is measured", seconds=120)
    until(lambda: "client-" in kubectl("top", "pods", "--no-headers"), "pods are measured", seconds=120)


def test_files_are_copied_into_a_pod_and_back(kubectl: Kubectl, clients: Mapping[str, str], tmp_path: Path) -> None:
    content = bytes(range(256)) * 4000
    (tmp_path / "there").write_bytes(content)
    kubectl("cp", str(tmp_path / "there"), f"{clients['n3']}:/tmp/copied")
    kubectl("cp", f"{clients['n3']}:/tmp/copied", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content


def test_a_port_is_forwarded_to_a_pod(kubectl: Kubectl, clients: Mapping[str, str]) -> None:
    with subprocess.Popen(
        kubectl.command("port-forward", "service/web", ":80", "--address", "127.0.0.1"),
        stdout=subprocess.PIPE,
        text=True,
    ) as forward:
        try:
            assert forward.stdout is not None
            ready = re.search(r"127\.0\.0\.1:(\d+)", forward.stdout.readline())
            assert ready is not None
            with urlopen(f"http://127.0.0.1:{ready[1]}/", timeout=30) as answer:
                assert answer.read() == b"web\n"
        finally:
            forward.terminate()


def test_an_ephemeral_container_sees_the_processes_of_its_target(kubectl: Kubectl, clients: Mapping[str, str]) -> None:
    kubectl(
        "debug", "web", "--image", IMAGE, "--target=web", "--container=look", "--", "sh", "-c", "cat /proc/1/cmdline"
    )
    until(lambda: "http.server" in kubectl("logs", "web", "-c", "look"), "the ephemeral container's output")


def test_a_node_port_is_reached_on_every_host(kubectl: Kubectl, clients: Mapping[str, str], lab: Lab) -> None:
    kubectl("patch", "service", "web", "--type=merge", "-p", '{"spec": {"type": "NodePort"}}')
    port = kubectl.object("service", "web")["spec"]["ports"][0]["nodePort"]
    for host in ALL:

        def reached(address: str = lab.address(host)) -> bool:
            with socket.create_connection((address, port), timeout=5):
                return True

        until(reached, f"port {port} of {host} open", seconds=60)


def test_approve_signs_a_client_certificate(cluster: Cluster, tmp_path: Path) -> None:
    key, request = key_and_request("jane", "developers")
    asked = certificate_request("jane", request)
    cluster.kubectl.apply(asked)
    cluster.kubectl("certificate", "approve", "jane")
    cluster.kubectl("wait", "csr/jane", "--for=jsonpath={.status.certificate}", "--timeout=60s")
    issued = base64.b64decode(cluster.kubectl("get", "csr", "jane", "-o", "jsonpath={.status.certificate}"))
    jane = Kubectl(cluster.lab.kubectl, Path(shutil.copy(cluster.operator.kubeconfig, tmp_path)))
    (tmp_path / "key").write_bytes(key)
    (tmp_path / "certificate").write_bytes(issued)
    files = ("--client-key", str(tmp_path / "key"), "--client-certificate", str(tmp_path / "certificate"))
    jane("config", "set-credentials", "jane", *files)
    assert jane("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}", "--user=jane") == "jane"
    cluster.kubectl.delete(asked)


def test_a_pod_that_ends_runs_its_hook_and_gets_its_time(kubectl: Kubectl, lab: Lab) -> None:
    ending = pod(
        "ending",
        host="n2",
        script="trap 'echo term >> /seen/ends; exit 0' TERM; echo run >> /seen/ends; sleep infinity & wait",
        volumes={"seen": {"hostPath": {"path": "/srv/ending", "type": "DirectoryOrCreate"}}},
        mounts=[{"name": "seen", "mountPath": "/seen"}],
        container={"lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "echo hook >> /seen/ends"]}}}},
        grace=30,
    )
    kubectl.apply(ending)
    kubectl.wait_pods("ending")
    kubectl.delete(ending)
    assert lab.run("n2", "cat", "/srv/ending/ends").split() == ["run", "hook", "term"]
    lab.run("n2", "rm", "-r", "/srv/ending")
