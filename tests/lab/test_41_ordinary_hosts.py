"""A node is an ordinary node although its kubelet runs in a container: pods and host see each other's folders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .kubectl import Kubectl
from .lab import Lab
from .pods import config_map, pod
from .waiting import until

pytestmark = pytest.mark.lab

_HOST = "n4"
_NEW = "/made-by-a-pod"
_PLUGINS = "/var/lib/kubelet/device-plugins"

_PROBE = pod(
    "guest",
    host=_HOST,
    volumes={
        "new": {"hostPath": {"path": f"{_NEW}/deep", "type": "DirectoryOrCreate"}},
        "etc": {"hostPath": {"path": "/etc", "type": "Directory"}},
        "plugins": {"hostPath": {"path": _PLUGINS, "type": "Directory"}},
        "settings": {"configMap": {"name": "settings"}},
        "memory": {"emptyDir": {"medium": "Memory", "sizeLimit": "8Mi"}},
        "all": {
            "projected": {
                "sources": [
                    {"configMap": {"name": "settings"}},
                    {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
                ]
            }
        },
    },
    mounts=[
        {"name": "new", "mountPath": "/new", "mountPropagation": "Bidirectional"},
        {"name": "new", "mountPath": "/part", "subPath": "inner/part"},
        {"name": "etc", "mountPath": "/host-etc", "readOnly": True},
        {"name": "plugins", "mountPath": "/plugins"},
        {"name": "settings", "mountPath": "/one/colour", "subPath": "colour"},
        {"name": "memory", "mountPath": "/memory"},
        {"name": "all", "mountPath": "/all"},
    ],
    container={"securityContext": {"privileged": True}},
)


@pytest.fixture(scope="module")
def guest(kubectl: Kubectl, lab: Lab) -> Iterator[str]:
    """A pod with every kind of volume that concerns the host."""
    objects = (config_map("settings", {"colour": "green", "size": "small"}), _PROBE)
    kubectl.apply(*objects)
    kubectl.wait_pods("guest")
    yield "guest"
    kubectl.delete(*objects)
    lab.run(_HOST, "rm", "-r", _NEW)


def test_a_host_folder_that_was_not_there_is_made_on_the_host(kubectl: Kubectl, lab: Lab, guest: str) -> None:
    kubectl.shell(guest, "echo hello > /new/file")
    assert lab.run(_HOST, "cat", f"{_NEW}/deep/file") == "hello"


def test_a_sub_path_of_a_host_folder_is_made_on_the_host(kubectl: Kubectl, lab: Lab, guest: str) -> None:
    kubectl.shell(guest, "echo inside > /part/file")
    assert lab.run(_HOST, "cat", f"{_NEW}/deep/inner/part/file") == "inside"


def test_any_folder_of_the_host_can_be_mounted(kubectl: Kubectl, guest: str) -> None:
    assert kubectl.shell(guest, "cat /host-etc/hostname").strip() == _HOST


def test_a_host_folder_of_another_type_than_asked_for_is_refused(kubectl: Kubectl) -> None:
    wrong = pod(
        "wrong",
        host=_HOST,
        volumes={"file": {"hostPath": {"path": "/etc/hostname", "type": "Directory"}}},
        mounts=[{"name": "file", "mountPath": "/file"}],
    )
    kubectl.apply(wrong)
    until(lambda: "hostPath type check failed" in kubectl("events", "--for", "pod/wrong"), "the kubelet refuses it")
    kubectl.delete(wrong)


def test_a_sub_path_of_a_config_map_is_one_file(kubectl: Kubectl, guest: str) -> None:
    assert kubectl.shell(guest, "cat /one/colour") == "green"
    assert kubectl.shell(guest, "ls /one").split() == ["colour"]


def test_a_projected_volume_joins_its_sources(kubectl: Kubectl, guest: str) -> None:
    assert kubectl.shell(guest, "cat /all/size /all/labels") == 'smallapp="guest"'


def test_an_empty_dir_in_memory_is_one(kubectl: Kubectl, guest: str) -> None:
    assert kubectl.shell(guest, "stat -f -c %T /memory").strip() == "tmpfs"


def test_a_mount_made_in_a_pod_is_seen_on_the_host(kubectl: Kubectl, lab: Lab, guest: str) -> None:
    kubectl.shell(
        guest, "mkdir -p /new/mounted && mount -t tmpfs from-the-pod /new/mounted && echo there > /new/mounted/file"
    )
    assert lab.run(_HOST, "cat", f"{_NEW}/deep/mounted/file") == "there"
    assert "from-the-pod" in lab.run(_HOST, "cat", "/proc/1/mounts")
    kubectl.shell(guest, "umount /new/mounted")


def test_a_device_plugin_finds_the_socket_of_the_kubelet(kubectl: Kubectl, lab: Lab, guest: str) -> None:
    lab.run(_HOST, "test", "-S", f"{_PLUGINS}/kubelet.sock")
    connect = "import socket; socket.socket(socket.AF_UNIX).connect('/plugins/kubelet.sock'); print('connected')"
    assert kubectl("exec", guest, "--", "python3", "-c", connect) == "connected\n"


def test_the_folder_for_drivers_is_on_the_host(lab: Lab, guest: str) -> None:
    lab.run(_HOST, "test", "-d", "/var/lib/kubelet/plugins_registry")
