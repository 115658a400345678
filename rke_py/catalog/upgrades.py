"""Which version may follow which: never an older one, and one minor release after another."""

from __future__ import annotations

from rke_py.catalog.order import line_of, order, order_of
from rke_py.catalog.release import Refused
from rke_py.catalog.versions import newest_of, way_on


def check_upgrade(running: str, wanted: str) -> Refused | None:
    """Return why a cluster cannot go from one version to the other; None when it can.

    Kubernetes supports neither a way back (the API server may have written what the older one cannot read) nor skipping
    a minor release. A running version that cannot be read forbids nothing.

    Args:
        running: What runs now.
        wanted: A version of the catalog.
    """
    now, then = order(running), order_of(wanted)
    if now is None:
        return None
    if then < now:
        what = f"the cluster runs {running}, and Kubernetes has no way back to {wanted}"
        return Refused(what=what, hint=f"Keep kubernetes_version: {running}, or restore a snapshot taken before.")
    skipped = then[0][1] - now[0][1] - 1
    if skipped > 0:
        minors = ", ".join(line_of((1, now[0][1] + step)) for step in range(1, skipped + 1))
        what = f"the cluster runs {running}; on the way to {wanted} it would skip {minors}"
        step = newest_of((1, now[0][1] + 1))
        if step is None:
            return Refused(what=what, hint=way_on(now[0][:2]))
        return Refused(what=what, hint=f"Go one minor release at a time. The next is kubernetes_version: {step}.")
    return None
