"""``rke-py config images``: what a registry of one's own has to hold for a cluster.yml."""

from __future__ import annotations

from pathlib import Path

from rke_py.catalog.release import Refused
from rke_py.catalog.versions import find_release
from rke_py.cluster.needed_images import needed_images
from rke_py.errors import UsageError
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.loading import load_cluster, read_config
from rke_py.workflows.remembered import running_version


def images_of(config: Path) -> tuple[str, ...]:
    """Return the images that the hosts of a cluster.yml pull, each once.

    Raises:
        UsageError: There is no such file.
        ConfigError: Every fault of it.
    """
    state = StateStore(Context(config=config).state_path).read()
    cluster = load_cluster(config, running_version=running_version(state)).cluster
    written = read_config(config).config
    release = find_release(cluster.version, written.system_images.given())
    if isinstance(release, Refused):
        raise TypeError(f"a cluster was resolved for a version that is refused: {release.what}")
    return needed_images(written, cluster, release)


def images_of_release(version: str) -> tuple[str, ...]:
    """Return every image of a release, each once; raises UsageError for a version that the catalog does not have."""
    release = find_release(version)
    if isinstance(release, Refused):
        raise UsageError(release.what, hint=release.hint)
    return tuple(dict.fromkeys(image for key, image in release.images.items() if not key.startswith("windows_")))
