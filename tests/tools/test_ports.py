"""Listening ports and who listens."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from rke_py.tools.errors import ToolError
from rke_py.tools.ports import SURVEY, listening, listening_sockets, refuse_kubelet

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
TCP = (
    HEADER
    + "   0: 0100007F:192B 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 7001 1 0 100 0 0 10 0\n"
    + "   1: 0B00A8C0:0016 0200A8C0:D2F0 01 00000000:00000000 02:000A0000 00000000 0 0 7002 2 0 20 4 30 10 -1\n"
)
TCP6 = (
    HEADER
    + "   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A "
    + "00000000:00000000 00:00000000 00000000 0 0 7003 1 0 100 0 0 10 0\n"
)


def process(proc: Path, number: int, name: str, *targets: str) -> None:
    folder = proc / str(number) / "fd"
    folder.mkdir(parents=True)
    (folder.parent / "comm").write_text(f"{name}\n")
    for descriptor, target in enumerate(targets):
        (folder / str(descriptor)).symlink_to(target)


def test_only_sockets_that_listen_count() -> None:
    assert listening_sockets(TCP) == {"7001": 6443}
    assert listening_sockets(TCP6) == {"7003": 22}


def test_ports_have_the_names_of_their_processes(tmp_path: Path) -> None:
    process(tmp_path, 1, "systemd", "/dev/null")
    process(tmp_path, 40, "kube-apiserver", "/dev/null", "socket:[7001]")
    (tmp_path / "1" / "net").mkdir()
    (tmp_path / "1" / "net" / "tcp").write_text(TCP)
    (tmp_path / "1" / "net" / "tcp6").write_text(TCP6)
    assert listening(tmp_path) == {22: "", 6443: "kube-apiserver"}


def test_what_a_survey_holds_for_a_moment_is_free(tmp_path: Path) -> None:
    process(tmp_path, 1, "systemd", "/dev/null")
    process(tmp_path, 40, SURVEY, "socket:[7001]")
    (tmp_path / "1" / "net").mkdir()
    (tmp_path / "1" / "net" / "tcp").write_text(TCP)
    assert listening(tmp_path) == {}


def test_without_ipv6_there_is_one_table(tmp_path: Path) -> None:
    (tmp_path / "1" / "net").mkdir(parents=True)
    (tmp_path / "1" / "net" / "tcp").write_text(TCP)
    assert listening(tmp_path) == {6443: ""}


def test_a_real_table_can_be_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert server.getsockname()[1] in listening_sockets(Path("/proc/self/net/tcp").read_text()).values()


def test_a_host_on_which_a_kubelet_still_runs_is_another_clusters():
    refuse_kubelet({22: "sshd", 6443: "haproxy"})
    with pytest.raises(ToolError, match="kubelet listens on port 10250"):
        refuse_kubelet({22: "sshd", 10250: "kubelet"})
