"""The container through which files reach a host: created with the host's folders mounted, and never started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from rke_py.plan.containers import ContainerSpec
from rke_py.rollout.site import Site

NAME = "rke-py-files"
_ROOTS = ("/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd")


def mounted_folders(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the host folders to mount so that each path can be reached."""
    return tuple(sorted({_root(path) for path in paths}))


@contextmanager
def carrier(host: str, image: str, folders: tuple[str, ...], site: Site) -> Iterator[str]:
    """Create the carrier, yield its name, and remove it; Docker makes folders that are not there.

    One that a killed run left over is removed first.
    """
    engine = site.fleet[host].engine
    site.images.ensure(host, image)
    spec = ContainerSpec(
        name=NAME,
        image=image,
        entrypoint=("true",),
        binds=tuple(f"{folder}:{folder}" for folder in folders),
        network_mode="none",
        restart="no",
    )
    engine.remove(NAME)
    engine.create(spec)
    try:
        yield NAME
    finally:
        engine.remove(NAME)


def _root(path: str) -> str:
    for root in _ROOTS:
        if path == root or path.startswith(f"{root}/"):
            return root
    return str(PurePosixPath(path).parent)
