"""A version string → its ``Release``, or why there is none."""

from __future__ import annotations

import re

from rke_py.catalog import upstream
from rke_py.catalog.release import Refused, Release

_UPSTREAM = re.compile(r"v(?P<major>\d{1,3})\.(?P<minor>\d{1,4})\.(?P<patch>\d{1,4})\Z", re.ASCII)
_RKE = re.compile(r"v?\d+\.\d+\.\d+-rancher", re.ASCII)
_PARTS = re.compile(r"v?(?P<major>\d{1,3})\.(?P<minor>\d{1,4})(\.(?P<patch>\d{1,4}))?(?P<rest>[-+].*)?\Z", re.ASCII)


def newest() -> str:
    """Return the version a new cluster gets when cluster.yml names none."""
    return upstream.NEWEST


def find_release(version: str) -> Release | Refused:
    """Return what runs with the version, or why it cannot be run."""
    match = _UPSTREAM.match(version)
    if match is None:
        return _refused(version)
    minor = int(match["major"]), int(match["minor"])
    if minor not in upstream.MINORS:
        return Refused(what=f"Kubernetes {version} is not in the catalog", hint=_nearest(minor))
    return upstream.release(version, minor)


def _refused(version: str) -> Refused:
    if _RKE.match(version):
        what = f"{version} belongs to RKE's own releases, whose containers rke-py does not build yet"
        return Refused(what=what, hint=f"A new cluster takes an upstream version: {newest()}.")
    parts = _PARTS.match(version)
    if parts is None:
        return Refused(what=f"'{version}' is not a Kubernetes version", hint=f"Write it as {newest()}.")
    minor = int(parts["major"]), int(parts["minor"])
    if parts["rest"]:
        return Refused(what=f"{version} is not a final release", hint=_nearest(minor))
    if parts["patch"] is None:
        return Refused(what=f"'{version}' does not name a patch release", hint=_nearest(minor))
    return Refused(what=f"'{version}' lacks its leading v", hint=f"Write v{version}.")


def _nearest(minor: tuple[int, int]) -> str:
    known = min(upstream.MINORS, key=lambda candidate: (abs(candidate[1] - minor[1]), candidate))
    lines = ", ".join(f"v{major}.{number}" for major, number in sorted(upstream.MINORS))
    return f"The nearest is {upstream.MINORS[known].newest}; there are {lines}."
