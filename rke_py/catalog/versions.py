"""A version string → its ``Release``, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rke_py.catalog import rke, upstream
from rke_py.catalog.order import Minor, line_of, order, order_of
from rke_py.catalog.release import Refused, Release

_NUMBER = r"0|[1-9]\d{0,3}"
_UPSTREAM = re.compile(rf"v(?P<major>{_NUMBER})\.(?P<minor>{_NUMBER})\.(?P<patch>{_NUMBER})\Z", re.ASCII)
_RKE = re.compile(r"v(?P<major>\d{1,3})\.(?P<minor>\d{1,4})\.\d{1,4}-rancher[0-9A-Za-z.-]*\Z", re.ASCII)
_PARTS = re.compile(r"v?(?P<major>\d{1,3})\.(?P<minor>\d{1,4})(\.(?P<patch>\d{1,4}))?(?P<rest>[-+].*)?\Z", re.ASCII)

_AS_IT_RUNS = (
    "Where it runs already, write its images as system_images: those of systemImages in cluster.rkestate, nginxProxy "
    "as nginx_proxy. Another version would replace everything."
)


def newest() -> str:
    """Return the version a new cluster gets when cluster.yml names none."""
    return upstream.NEWEST


def minors() -> tuple[Minor, ...]:
    """Return every minor release of both families, the oldest first; no minor belongs to two."""
    return (*rke.minors(), *sorted(upstream.MINORS))


def newest_of(minor: Minor) -> str | None:
    """Return the newest version of a minor; None when the catalog does not have it."""
    return upstream.MINORS[minor].newest if minor in upstream.MINORS else rke.newest_of(minor)


def every_version() -> tuple[str, ...]:
    """Return every version that is listed, the oldest first: RKE's releases, and of upstream's minors the newest.

    Of a minor of the upstream family every other patch release can be run as well.
    """
    return (*rke.versions(), *(upstream.MINORS[minor].newest for minor in sorted(upstream.MINORS)))


def find_release(version: str, images: Mapping[str, str] | None = None) -> Release | Refused:
    """Return what runs with the version, or why it cannot be run.

    Args:
        version: As in cluster.yml.
        images: What ``system_images`` sets; with all that it needs, a release that RKE never had can be run.
    """
    if rke.is_known(version):
        return rke.release(version)
    if _RKE.match(version):
        return _unknown_to_rke(version, images or {})
    match = _UPSTREAM.match(version)
    if match is None:
        return _refused(version)
    minor = int(match["major"]), int(match["minor"])
    if minor in upstream.MINORS:
        return upstream.release(version, minor)
    return Refused(what=f"Kubernetes {version} is not in the catalog", hint=_nearest(version, minor))


def _unknown_to_rke(version: str, images: Mapping[str, str]) -> Release | Refused:
    minor = order_of(version)[0][:2]
    if minor < rke.OLDEST:
        what = f"{version} is older than v{rke.OLDEST[0]}.{rke.OLDEST[1]}, the first release that rke-py can plan"
        return Refused(what=what, hint=way_on(minor), readable=True)
    made = rke.release_of_images(version, images)
    if made is not None:
        return made
    nearest = _nearest(version, minor)
    if minor not in rke.minors():
        return Refused(what=f"{version} is not a release that RKE had", hint=nearest)
    return Refused(what=f"{version} is not a release of RKE's that rke-py knows", hint=f"{_AS_IT_RUNS} {nearest}")


def way_on(minor: Minor) -> str:
    """Return how a cluster of a release that is too old comes to one that can be planned."""
    steps = ", ".join(f"v1.{number}" for number in range(minor[1] + 1, rke.OLDEST[1]))
    first = rke.newest_of(rke.OLDEST)
    through = f"through {steps} to" if steps else "to"
    return f"Upgrade with RKE itself, one minor release after another, {through} {first}; rke-py goes on from there."


def _refused(version: str) -> Refused:
    parts = _PARTS.match(version)
    if parts is None:
        return Refused(what=f"'{version}' is not a Kubernetes version", hint=f"Write it as {newest()}.")
    minor = int(parts["major"]), int(parts["minor"])
    if not version.startswith("v") and not isinstance(find_release(f"v{version}"), Refused):
        return Refused(what=f"'{version}' lacks its leading v", hint=f"Write v{version}.")
    if parts["patch"] is None:
        return Refused(what=f"'{version}' does not name a patch release", hint=_nearest(version, minor))
    if parts["rest"]:
        return Refused(what=f"{version} is not a final release", hint=_nearest(version, minor))
    if version.startswith("v"):
        return Refused(what=f"'{version}' has a zero too many", hint=_nearest(version, minor))
    return Refused(what=f"'{version}' lacks its leading v", hint=_nearest(version, minor))


def _nearest(version: str, minor: Minor) -> str:
    """Name the releases on both sides of a version in its own minor, else the newest of the minor next to it."""
    inside = [known for known in rke.versions() if order_of(known)[0][:2] == minor]
    wanted = order(version) if version.count(".") > 1 else None
    if inside and wanted is not None:
        below = [known for known in inside if order_of(known) < wanted][-1:]
        above = [known for known in inside if order_of(known) > wanted][:1]
        return f"The nearest {'is' if len(below + above) == 1 else 'are'} {' and '.join(below + above)}."
    closest = min(minors(), key=lambda known: (abs(known[1] - minor[1]), known))
    oldest, latest = minors()[0], minors()[-1]
    lines = f"{line_of(oldest)} to {line_of(latest)}"
    return f"The nearest is {newest_of(closest)}; there are {lines}."
