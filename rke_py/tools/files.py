"""Files and folders of ours on a host, and nothing else: every path is checked against the list of what is ours."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from rke_py.tools.errors import NotOurs

ETCD_DATA = "/var/lib/etcd"

FOLDERS = (
    "/etc/kubernetes",
    "/etc/cni/net.d",
    "/opt/cni",
    "/run/calico",
    "/run/flannel",
    "/var/lib/calico",
    "/var/lib/cni",
    "/var/lib/cri-dockerd",
    ETCD_DATA,
    "/var/lib/kubelet",
    "/var/lib/rancher/rke/log",
    "/var/lib/weave",
    "/var/log/calico",
    "/var/log/containers",
    "/var/log/kube-audit",
    "/var/log/pods",
)
"""What a cluster leaves on a host, RKE's list and what its kubelet adds."""

MOVED = frozenset({"/etc/kubernetes", ETCD_DATA, "/var/lib/cri-dockerd", "/var/lib/kubelet", "/var/log/kube-audit"})
"""Those that lie below the prefix on hosts that have one."""

_AT_BOTH = frozenset({"/var/lib/kubelet"})
"""The kubelet's socket for plugins of devices is at a place of its own, whatever its root folder is."""

SNAPSHOTS = "/opt/rke/etcd-snapshots"

_EMPTIED = frozenset({"/etc/cni/net.d"})
"""Folders that stay, empty: containerd makes this one when it starts and watches it. Made anew it would not be watched,
and no pod would get a network until containerd is restarted."""

_FILES = ("/etc/systemd/logind.conf.d/99-kubelet.conf",)
"""Written by the kubelet for its shutdownGracePeriod."""


_MADE = ("/lib/modules", "/run/netns", "/opt/rke")
"""Docker makes a folder that a container binds where there is none, CNI the one for its network namespaces."""


def placed(folder: str, prefix: str) -> Path:
    """Return where a folder of ours lies on a host that keeps some of them below a prefix."""
    return Path(prefix if folder in MOVED else "/", folder.lstrip("/"))


def check_ours(path: str) -> str:
    """Return the path if it is absolute, plain and below a folder of ours; raises NotOurs."""
    plain = PurePosixPath(path)
    if ".." in plain.parts or not any(plain.is_relative_to(folder) for folder in (*FOLDERS, SNAPSHOTS)):
        raise NotOurs(f"{path} is not below a folder of the cluster")
    return str(plain)


def delete(paths: Iterable[str], root: str = "/") -> tuple[str, ...]:
    """Delete files below a root folder, and return those that were there."""
    found = []
    for path in map(check_ours, paths):
        try:
            os.unlink(os.path.join(root, path.lstrip("/")))
        except FileNotFoundError:
            continue
        found.append(path)
    return tuple(found)


def hand_over(user: str, paths: Iterable[str], root: Path = Path("/")) -> None:
    """Give files and folders with everything in them to a user; a folder that is not there is made, for him alone.

    Args:
        user: ``uid:gid`` in numbers.
        paths: Some of ours; links in them are not followed.
        root: Stands before each path; tests have their own.
    """
    uid, gid = map(int, user.split(":"))
    for ours in map(check_ours, paths):
        path = root / ours.lstrip("/")
        if not path.is_file():
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.lchown(os.path.join(folder, name), uid, gid)
        os.lchown(path, uid, gid)


def set_member_aside(data: Path = Path(ETCD_DATA)) -> bool:
    """Move an etcd member's data aside, as ``discarded`` beside it, and tell whether there was any.

    A member that joins anew must start without data, but what it had may be the last copy of something. The one set
    aside before goes.
    """
    member, aside = data / "member", data / "discarded"
    if not member.is_dir():
        return False
    if aside.exists():
        shutil.rmtree(aside)
    member.rename(aside)
    _sync(str(data))
    return True


def drop_learner_data(data: Path = Path(ETCD_DATA)) -> bool:
    """Delete the data of a learner that did not become a member, and tell whether there was any.

    It never had a vote, so nothing is in it that the members do not have; what was set aside for it stays.
    """
    member = data / "member"
    there = member.is_dir()
    if there:
        shutil.rmtree(member)
    return there


def drop_member_data(data: Path = Path(ETCD_DATA)) -> tuple[str, ...]:
    """Delete an etcd member's data and what was set aside beside it, and return what there was."""
    aside = (path.name for beginning in ("replaced-", "restored-", "restoring-") for path in data.glob(f"{beginning}*"))
    names = [name for name in ("member", "discarded", *sorted(aside)) if (data / name).is_dir()]
    for name in names:
        shutil.rmtree(data / name)
    return tuple(names)


def by_root(folders: Iterable[str], prefix: str) -> dict[str, tuple[str, ...]]:
    """Return the folders by what stands before them on the host."""
    if prefix == "/":
        return {"/": tuple(folders)}
    moved = tuple(folder for folder in folders if folder in MOVED)
    return {prefix: moved, "/": tuple(folder for folder in folders if folder not in MOVED - _AT_BOTH)}


def remove_folders(folders: Iterable[str], mounted: Iterable[str], root: Path = Path("/")) -> tuple[str, ...]:
    """Delete folders with everything in them, and return those that were not empty.

    A folder on which something is mounted (a disk of its own for etcd) is emptied and stays. No link is followed.

    Args:
        folders: Some of ``FOLDERS`` and ``SNAPSHOTS``.
        mounted: The host's mount points.
        root: Stands before each path; tests have their own.
    """
    points = frozenset(mounted)
    removed = []
    for folder in map(check_ours, folders):
        path = root / folder.lstrip("/")
        if path.is_symlink():
            path.unlink()
            removed.append(folder)
        elif path.is_dir():
            entries = list(path.iterdir())
            for entry in entries:
                _remove(entry)
            if folder not in points | _EMPTIED:
                path.rmdir()
            if entries:
                removed.append(folder)
    return tuple(removed)


def remove_empty_parents(prefix: str, root: Path = Path("/")) -> None:
    """Delete the folders in which those below a prefix lay, and the prefix itself, where nothing else is in them."""
    parents = {parent for folder in MOVED for parent in PurePosixPath(folder).parents}
    for parent in sorted(parents, reverse=True):
        try:
            (root / prefix.lstrip("/") / str(parent).lstrip("/")).rmdir()
        except OSError as fault:
            if fault.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EBUSY, errno.EROFS):
                raise


def remove_files(root: Path = Path("/")) -> tuple[str, ...]:
    """Delete single files that our components write outside our folders, and return those that were there."""
    removed = []
    for file in _FILES:
        path = root / file.lstrip("/")
        if path.is_file():
            path.unlink()
            removed.append(file)
    return tuple(removed)


def remove_made_folders(root: Path = Path("/")) -> tuple[str, ...]:
    """Delete the folders that were made because a component asked for them, where nobody put anything there."""
    removed = []
    for folder in _MADE:
        try:
            (root / folder.lstrip("/")).rmdir()
        except OSError as fault:
            if fault.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EBUSY, errno.EROFS):
                raise
            continue
        removed.append(folder)
    return tuple(removed)


def left_folders(folders: Iterable[str], root: Path = Path("/")) -> tuple[str, ...]:
    """Return those of the folders that hold a file, however deep; packages of the host may bring empty folders."""
    return tuple(folder for folder in folders if _holds_a_file(root / folder.lstrip("/")))


def _holds_a_file(path: Path) -> bool:
    return any(files for _, _, files in os.walk(path))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
