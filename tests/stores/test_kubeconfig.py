import stat
from pathlib import Path

import pytest

from rke_py.errors import RkeError
from rke_py.stores.kubeconfig import write_kubeconfig


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kube_config_cluster.yml"


def test_it_is_written_for_its_owner_alone(path: Path) -> None:
    assert write_kubeconfig(path, "kind: Config\n")

    assert path.read_text() == "kind: Config\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_same_text_is_not_written_again(path: Path) -> None:
    write_kubeconfig(path, "kind: Config\n")
    before = path.stat()

    assert not write_kubeconfig(path, "kind: Config\n")

    after = path.stat()  # reading may touch the time of the last access
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )


def test_another_text_takes_its_place(path: Path) -> None:
    write_kubeconfig(path, "kind: Config\n")
    assert write_kubeconfig(path, "kind: Config # new\n")
    assert path.read_text() == "kind: Config # new\n"


def test_a_link_is_followed(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "config")
    write_kubeconfig(path, "kind: Config\n")
    assert path.is_symlink()
    assert (tmp_path / "config").read_text() == "kind: Config\n"


def test_what_cannot_be_written_is_an_error(path: Path) -> None:
    with pytest.raises(RkeError, match="cannot be written"):
        write_kubeconfig(path / "no" / "folder", "kind: Config\n")
