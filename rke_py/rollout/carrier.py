"""The container through which files reach a host: created with the host's folders mounted, and never started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import PurePosixPath

from rke_py.plan.containers import ContainerSpec
from rke_py.plan.prefix import on_host
from rke_py.rollout.site import Site

NAME = "rke-py-files"
_ROOTS = ("/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd")


def mounted_folders(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the host folders to mount so that each path can be reached."""
    return tuple(sorted({_root(path) for path in paths}))


@contextmanager
def carrier(host: str, image: str, paths: Iterable[str], site: Site) -> Iterator[str]:
    """Create the carrier, yield its name, and remove it; Docker makes folders that are not there.

    Two turns may bring files to one host at once, so its name follows from the files. One that a killed run left over
    is removed first.

    Args:
        host: The node's name.
        image: Any image.
        paths: The files that it is to carry.
        site: The run's hosts.
    """
    every = sorted(paths)
    folders, name = mounted_folders(every), f"{NAME}-{sha256(' '.join(every).encode()).hexdigest()[:8]}"
    engine = site.fleet[host].engine
    site.images.ensure(host, image)
    spec = ContainerSpec(
        name=name,
        image=image,
        entrypoint=("true",),
        binds=tuple(f"{on_host(folder, site.prefix(host))}:{folder}" for folder in folders),
        network_mode="none",
        restart="no",
    )
    engine.remove(name)
    engine.create(spec)
    try:
        yield name
    finally:
        engine.remove(name)


def _root(path: str) -> str:
    for root in _ROOTS:
        if path == root or path.startswith(f"{root}/"):
            return root
    return str(PurePosixPath(path).parent)
