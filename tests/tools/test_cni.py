"""Standard CNI plugins on a host."""

from __future__ import annotations

from pathlib import Path

from rke_py.tools.cni import install, outdated

WANTED = {"bridge": b"bridge 1.1", "loopback": b"loopback 1.1"}


def test_a_bare_host_lacks_all(tmp_path: Path) -> None:
    assert outdated(WANTED, tmp_path / "bin") == ("bridge", "loopback")


def test_installing_brings_what_is_outdated(tmp_path: Path) -> None:
    (tmp_path / "bridge").write_bytes(b"bridge 0.9")
    (tmp_path / "flannel").write_bytes(b"somebody else's")
    assert install(WANTED, tmp_path) == ("bridge", "loopback")
    assert outdated(WANTED, tmp_path) == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bridge", "flannel", "loopback"]


def test_a_plugin_that_cannot_be_run_is_outdated(tmp_path: Path) -> None:
    install(WANTED, tmp_path)
    (tmp_path / "bridge").chmod(0o644)
    assert outdated(WANTED, tmp_path) == ("bridge",)


def test_installing_twice_changes_nothing(tmp_path: Path) -> None:
    install(WANTED, tmp_path)
    assert install(WANTED, tmp_path) == ()
