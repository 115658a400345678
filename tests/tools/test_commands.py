"""The commands as a container runs them: arguments in, one JSON object out."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rke_py.tools.__main__ import main
from rke_py.tools.ports import SURVEY


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    status = main(arguments)
    return status, json.loads(capsys.readouterr().out)


LISTEN = """
import json, sys
from rke_py.tools.listen import listen
listen(json.loads(sys.argv[1]), float(sys.argv[2]), lambda held: print(json.dumps(held), flush=True))
"""


def start_listening(ports: Sequence[int], seconds: float) -> subprocess.Popen[str]:
    command = (sys.executable, "-c", LISTEN, json.dumps(ports), str(seconds))
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def free_port() -> int:
    with socket.create_server(("", 0)) as server:
        return int(server.getsockname()[1])


def test_an_answer_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "ping") == (0, {"answers": {}})


@pytest.mark.parametrize("arguments", [(), ("no-such-command",), ("delete",)])
def test_wrong_usage_does_nothing(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_ports_are_held_until_sigterm() -> None:
    port = free_port()
    with socket.create_server(("", 0)) as taken:
        used = taken.getsockname()[1]
        with start_listening([port, used], 60) as process:
            assert process.stdout is not None
            answer = json.loads(process.stdout.readline())
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                assert connection.recv(1) == b""
            assert Path(f"/proc/{process.pid}/comm").read_text().strip() == SURVEY
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0
    assert answer == {"listening": [port], "in_use": {str(used): "Address already in use"}}


def test_ports_are_held_for_so_long() -> None:
    with start_listening([free_port()], 0.1) as process:
        assert process.wait(timeout=10) == 0


@pytest.mark.parametrize("library", ["grpc", "cryptography"])
def test_commands_without_a_slow_library_start_without_it(library: str) -> None:
    code = f"import sys, rke_py.tools.__main__ as m; m.main(['ping']); sys.exit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a b"])
def test_a_snapshots_name_stays_in_its_folder(name, capsys):
    with pytest.raises(SystemExit):
        main(("delete-snapshot", name))
    assert "cannot be the name of a snapshot" in capsys.readouterr().err


def test_a_state_from_standard_input_is_kept_beside_a_schedule(tmp_path):
    command = (sys.executable, "-m", "rke_py.tools", "keep-state", "--config", str(tmp_path / "schedule.json"))
    kept = tmp_path / "schedule.rkestate"
    done = subprocess.run(command, input=b"rke-py-state-1 {}\n\x00", capture_output=True, check=True)
    assert json.loads(done.stdout) == {"kept": str(kept)}
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (b"rke-py-state-1 {}\n\x00", 0o600)
