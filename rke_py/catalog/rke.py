"""RKE's own releases, v1.20 to v1.32: what RKE 1.x deploys for each, to the last flag.

The table is RKE's metadata as facts (``data/rke.json`` says where they are from). It is read when somebody asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from rke_py.catalog.order import in_range, line_of, minor_of, order_of
from rke_py.catalog.release import RKE, Release

NETWORK_PLUGIN = "canal"
OLDEST = (1, 20)

RELEASE_MARK = "-rancher"
"""What every version of the family has after the version that its components report."""

NEEDED = (
    "etcd",
    "kubernetes",
    "pod_infra_container",
    "alpine",
    "nginx_proxy",
    "cert_downloader",
    "kubernetes_services_sidecar",
)
"""Images without which no host of this family can be planned."""


def versions() -> tuple[str, ...]:
    """Return every version of the family, the oldest first."""
    rows = (version for minor in _table()["system_images"].values() for version in minor["versions"])
    return tuple(sorted(rows, key=order_of))


def releases_reporting(version: str) -> tuple[str, ...]:
    """Return the versions, the oldest first, whose components call themselves so.

    Args:
        version: Of a kubelet, ``v1.32.2``, or in an image's tag, ``v1.32.2-rancher1``.
    """
    return tuple(known for known in versions() if known.startswith(f"{version}-"))


def is_known(version: str) -> bool:
    """Tell whether the family has the version."""
    return version in _table()["system_images"].get(_line(version), {"versions": ()})["versions"]


def release(version: str) -> Release:
    """Return what runs with one of ``versions()``."""
    return _release(version, _images(version))


def release_of_images(version: str, images: Mapping[str, str]) -> Release | None:
    """Return a version that the table lacks, made of the user's own images.

    RKE takes any version of a minor whose service options it knows when every image it needs is set.

    Args:
        version: In RKE's form.
        images: What cluster.yml sets in ``system_images``.
    """
    known_minor = _line(version) in _table()["service_options"]
    return _release(version, dict(images)) if known_minor and images.keys() >= set(NEEDED) else None


def service_options(version: str, kubernetes_image: str) -> Mapping[str, Mapping[str, str]]:
    """Return the flags that RKE passes by default, by service.

    The exact version is looked up before its minor; an image of another minor than the version's wins over the latter.

    Args:
        version: The cluster's.
        kubernetes_image: Its ``system_images.kubernetes``, complete.
    """
    rows = _table()["service_options"]
    tag = kubernetes_image.rpartition("/")[2].partition(":")[2]
    row = rows.get(version) or rows.get(_line(tag)) or rows.get(_line(version)) or {}
    return {service: _table()["service_option_sets"][name] for service, name in row.items()}


def newest_of(minor: tuple[int, int]) -> str | None:
    """Return the newest version of a minor that anybody can pull; None for a minor the family does not have."""
    found = [version for version in versions() if minor_of(version) == minor]
    public = [version for version in found if version not in _table()["extended_support"]]
    return (public or found)[-1] if found else None


def minors() -> tuple[tuple[int, int], ...]:
    """Return the minors of the family, the oldest first."""
    return tuple(sorted({minor for version in versions() if (minor := minor_of(version))}))


def default_of(rke_release: str) -> str | None:
    """Return the version that a release of RKE (``v1.4.15``) deployed when cluster.yml named none."""
    defaults = _table()["rke_default_versions"]
    version: str | None = defaults["by_release"].get(rke_release) or defaults["inferred"].get(rke_release)
    return version


def rke_releases(version: str) -> tuple[str, str]:
    """Return the oldest and the newest release of RKE that offer the version, each empty when it has no bound."""
    info = _table()["version_info"]
    exact, minor = info.get(version, {}), info.get(_line(version), {})
    return exact.get("min_rke_version") or minor.get("min_rke_version", ""), minor.get("max_rke_version", "")


def template(addon: str, version: str) -> str:
    """Return the name of RKE's template of an add-on for a version; empty when it has none."""
    rows = _table()["addon_templates"].get(addon, ())
    return next((row["template"] for row in rows if in_range(version, row["range"])), "")


@cache
def _table() -> Any:
    return json.loads((files("rke_py.catalog") / "data" / "rke.json").read_text(encoding="utf-8"))


def _release(version: str, images: Mapping[str, str]) -> Release:
    minor = minor_of(version)
    if minor is None:
        raise ValueError(f"{version} is not a version")
    return Release(
        version=version,
        minor=minor,
        family=RKE,
        images=images,
        network_plugin=NETWORK_PLUGIN,
        options=service_options(version, images["kubernetes"]),
        templates=_templates(version),
        docker=tuple(_without_patch(_table()["docker_versions"].get(_line(version), ()))),
        subscription=version in _table()["extended_support"],
    )


def _images(version: str) -> dict[str, str]:
    minor = _table()["system_images"][_line(version)]
    laid_over = minor["base"] | minor["versions"][version]
    return {key: image for key, image in laid_over.items() if image}


def _templates(version: str) -> dict[str, str]:
    named = {addon: template(addon, version) for addon in _table()["addon_templates"]}
    return {addon: name for addon, name in named.items() if name}


def _without_patch(accepted: Iterable[str]) -> Iterable[str]:
    return (version.removesuffix(".x") for version in accepted)


def _line(version: str) -> str:
    minor = minor_of(version)
    return line_of(minor) if minor else ""
