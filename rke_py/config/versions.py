"""What ``kubernetes_version`` alone tells: whose release it is, and which; the catalog knows the rest."""

from __future__ import annotations

import re

from rke_py.config.schema import ClusterConfig

Version = tuple[int, int, int]

_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,4})\.(\d{1,4})(?=$|[-+])", re.ASCII)
_IN_TAG = re.compile(r":v?(\d{1,3})\.(\d{1,4})\.(\d{1,4})(?=$|[-+])", re.ASCII)


def is_rke(config: ClusterConfig) -> bool:
    """Tell whether the release is one of RKE's own, such as v1.32.2-rancher1-1."""
    return "-rancher" in config.kubernetes_version


def rke_version(config: ClusterConfig) -> Version | None:
    """Return the numbers of a release of RKE's own; None for any other, or when none is named."""
    return numbers(config.kubernetes_version) if is_rke(config) else None


def numbers(version: str) -> Version | None:
    """Return major, minor and patch number of a version."""
    match = _VERSION.match(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def numbers_of_image(image: str) -> Version | None:
    """Return the version that an image's tag names."""
    match = _IN_TAG.search(image)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def plugin_of(config: ClusterConfig) -> str:
    """Return the network plugin, the release's own when none is named."""
    return config.network.plugin or ("canal" if is_rke(config) else "flannel")
