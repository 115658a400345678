"""Versions of add-ons, as their images tell them."""

from __future__ import annotations

import re

_VERSION = re.compile(r"(?:^|[-v])(\d+)\.(\d+)")
_UNKNOWN_IS_NEW = (99, 0)


def minor_of(image: str) -> tuple[int, int]:
    """Return the major and minor version that an image's tag tells, a very high one where it tells none.

    ``rancher/nginx-ingress-controller:nginx-1.11.2-rancher1`` is 1.11, ``quay.io/calico/node:v3.31.7`` is 3.31.
    """
    _, _, tag = image.rpartition("/")[2].partition("@")[0].rpartition(":")
    found = _VERSION.search(tag)
    return (int(found[1]), int(found[2])) if found else _UNKNOWN_IS_NEW
