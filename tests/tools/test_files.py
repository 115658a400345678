"""Files and folders of ours, and nobody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rke_py.tools.errors import NotOurs
from rke_py.tools.files import (
    FOLDERS,
    SNAPSHOTS,
    by_root,
    check_ours,
    drop_member_data,
    hand_over,
    left_folders,
    placed,
    remove_empty_parents,
    remove_files,
    remove_folders,
    remove_made_folders,
    set_member_aside,
)


def make(root: Path, *paths: str) -> None:
    for path in paths:
        file = root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")


@pytest.mark.parametrize(
    "path", ["/etc/kubernetes/ssl/kube-ca.pem", "/var/lib/etcd/member", "/opt/rke/etcd-snapshots/a.zip", "/opt/cni"]
)
def test_what_is_ours(path: str) -> None:
    assert check_ours(path) == path


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/", "/var/lib", "/etc/kubernetes/../passwd", "/etc/kubernetes-old/x", "etc/kubernetes/x", ""],
)
def test_what_is_not_ours(path: str) -> None:
    with pytest.raises(NotOurs):
        check_ours(path)


def test_folders_go_with_everything_in_them(tmp_path: Path) -> None:
    make(tmp_path, "/etc/kubernetes/ssl/a.pem", "/var/lib/etcd/member/wal/0", "/etc/passwd")
    removed = remove_folders(FOLDERS, (), tmp_path)
    assert removed == ("/etc/kubernetes", "/var/lib/etcd")
    assert (tmp_path / "etc/passwd").exists()
    assert not (tmp_path / "etc/kubernetes").exists()


def test_a_mounted_folder_is_emptied_and_stays(tmp_path: Path) -> None:
    make(tmp_path, "/var/lib/etcd/member/wal/0")
    assert remove_folders(("/var/lib/etcd",), ("/", "/var/lib/etcd"), tmp_path) == ("/var/lib/etcd",)
    assert list((tmp_path / "var/lib/etcd").iterdir()) == []


def test_a_folder_that_docker_made_for_a_bind_goes(tmp_path: Path) -> None:
    (tmp_path / "lib/modules").mkdir(parents=True)
    assert remove_made_folders(tmp_path) == ("/lib/modules",)
    assert not (tmp_path / "lib/modules").exists()


def test_the_folder_above_snapshots_goes_with_the_last_of_them(tmp_path: Path) -> None:
    make(tmp_path, "/opt/rke/etcd-snapshots/a.db")
    assert remove_made_folders(tmp_path) == ()
    remove_folders((SNAPSHOTS,), (), tmp_path)
    assert remove_made_folders(tmp_path) == ("/opt/rke",)


def test_the_hosts_kernel_modules_stay(tmp_path: Path) -> None:
    make(tmp_path, "/lib/modules/6.1.0/modules.dep")
    assert remove_made_folders(tmp_path) == ()
    assert (tmp_path / "lib/modules/6.1.0/modules.dep").exists()


def test_the_folder_that_containerd_watches_stays(tmp_path: Path) -> None:
    make(tmp_path, "/etc/cni/net.d/10-flannel.conflist")
    assert remove_folders(("/etc/cni/net.d",), (), tmp_path) == ("/etc/cni/net.d",)
    assert list((tmp_path / "etc/cni/net.d").iterdir()) == []


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "/srv/kept", "/data/etcd/member")
    (tmp_path / "etc/kubernetes").mkdir(parents=True)
    (tmp_path / "etc/kubernetes/link").symlink_to(tmp_path / "srv")
    (tmp_path / "var/lib").mkdir(parents=True)
    (tmp_path / "var/lib/etcd").symlink_to(tmp_path / "data/etcd")
    assert remove_folders(("/etc/kubernetes", "/var/lib/etcd"), (), tmp_path) == ("/etc/kubernetes", "/var/lib/etcd")
    assert (tmp_path / "srv/kept").exists()
    assert (tmp_path / "data/etcd/member").exists()


def test_removing_twice_removes_nothing_more(tmp_path: Path) -> None:
    make(tmp_path, "/etc/kubernetes/a", "/etc/systemd/logind.conf.d/99-kubelet.conf")
    remove_folders(FOLDERS, (), tmp_path)
    remove_files(tmp_path)
    assert remove_folders(FOLDERS, (), tmp_path) == ()
    assert remove_files(tmp_path) == ()


def test_a_folder_outside_stops_everything(tmp_path: Path) -> None:
    make(tmp_path, "/srv/kept")
    with pytest.raises(NotOurs):
        remove_folders(("/srv",), (), tmp_path)
    assert (tmp_path / "srv/kept").exists()


def test_only_folders_that_hold_a_file_are_left(tmp_path: Path) -> None:
    make(tmp_path, "/etc/kubernetes/ssl/a.pem", "/opt/rke/etcd-snapshots/a.zip")
    (tmp_path / "etc/cni/net.d").mkdir(parents=True)
    assert left_folders(FOLDERS, tmp_path) == ("/etc/kubernetes",)
    assert left_folders((*FOLDERS, SNAPSHOTS), tmp_path) == ("/etc/kubernetes", SNAPSHOTS)


def test_a_members_data_is_kept_aside_until_the_next(tmp_path: Path) -> None:
    for data in ("first", "second"):
        (tmp_path / "member" / "wal").mkdir(parents=True)
        (tmp_path / "member" / "wal" / data).touch()
        assert set_member_aside(tmp_path)
    assert [path.name for path in (tmp_path / "discarded" / "wal").iterdir()] == ["second"]
    assert not (tmp_path / "member").exists()


def test_the_data_of_a_member_that_is_gone_goes_and_nothing_else(tmp_path: Path) -> None:
    make(tmp_path, "/member/wal/0.wal", "/discarded/wal/0.wal", "/lost+found/x")
    assert drop_member_data(tmp_path) == ("member", "discarded")
    assert [path.name for path in tmp_path.iterdir()] == ["lost+found"]


def test_without_data_there_is_nothing_to_keep(tmp_path: Path) -> None:
    assert not set_member_aside(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_handed_over_is_its_users_alone(tmp_path: Path) -> None:
    make(tmp_path, "/etc/kubernetes/ssl/a.pem", "/var/lib/etcd/member/wal/0.wal")
    user = f"{os.getuid()}:{os.getgid()}"
    hand_over(user, ["/var/lib/etcd", "/etc/kubernetes/ssl/a.pem"], tmp_path)
    assert (tmp_path / "var/lib/etcd").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "etc/kubernetes/ssl/a.pem").read_text() == "x"


def test_a_folder_that_is_not_there_is_made_for_its_user(tmp_path: Path) -> None:
    hand_over(f"{os.getuid()}:{os.getgid()}", ["/var/lib/etcd"], tmp_path)
    assert (tmp_path / "var/lib/etcd").stat().st_mode & 0o777 == 0o700


def test_nothing_else_is_handed_over(tmp_path: Path) -> None:
    with pytest.raises(NotOurs):
        hand_over("0:0", ["/etc/passwd"], tmp_path)


def test_some_folders_lie_below_a_prefix() -> None:
    assert placed("/etc/kubernetes", "/opt/rke") == Path("/opt/rke/etc/kubernetes")
    assert placed("/opt/cni", "/opt/rke") == Path("/opt/cni")
    assert placed("/etc/kubernetes", "/") == Path("/etc/kubernetes")


def test_the_kubelets_folder_is_looked_for_at_its_usual_place_too() -> None:
    folders = ("/etc/kubernetes", "/var/lib/cni", "/var/lib/kubelet")
    assert by_root(folders, "/") == {"/": folders}
    assert by_root(folders, "/opt/rke") == {
        "/opt/rke": ("/etc/kubernetes", "/var/lib/kubelet"),
        "/": ("/var/lib/cni", "/var/lib/kubelet"),
    }


def test_nothing_stays_of_a_prefix_but_what_others_put_there(tmp_path: Path) -> None:
    for folder in ("a/etc", "a/var/lib", "a/var/log", "b/etc", "b/mine"):
        (tmp_path / folder).mkdir(parents=True)
    for prefix in ("/a", "/b", "/c"):
        remove_empty_parents(prefix, tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["b", "mine"]
