"""A way to another Kubernetes version on standard output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rke_py.plan.describe import as_data, describe
from rke_py.workflows.upgrade import Upgrade


def upgrade_lines(found: Upgrade, *, diff: bool = False) -> Iterator[str]:
    """Yield the plan for the version, what runs now beside what would, and how to have it done."""
    if found.plan.empty:
        yield f"nothing to do: every host, the etcd members and the add-ons are as {found.wanted} wants them"
        return
    yield from describe(found.plan, diff=diff)
    members, image = found.etcd
    yield f"Kubernetes: {found.running} → {found.wanted}"
    yield f"etcd: {', '.join(members) or 'not asked'} → {image}"
    for host, images in found.missing_images.items():
        yield f"{host} pulls first: {', '.join(images)}"
    yield "Nothing was found that speaks against it, and nothing was touched."
    yield f"Do it: write kubernetes_version: {found.wanted} into cluster.yml, then run rke-py up"


def upgrade_json(found: Upgrade) -> dict[str, Any]:
    """Return the same as data: ``running``, ``wanted``, ``etcd``, ``missing_images`` and the ``plan``."""
    members, image = found.etcd
    return {
        "running": found.running,
        "wanted": found.wanted,
        "etcd": {"running": list(members), "wanted": image},
        "missing_images": {host: list(images) for host, images in found.missing_images.items()},
        "plan": as_data(found.plan),
    }
