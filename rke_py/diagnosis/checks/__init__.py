"""The known causes, one small module each; they know nothing of one another. Causes come before what they lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from rke_py.diagnosis.checks.certificates import expired
from rke_py.diagnosis.checks.clocks import apart
from rke_py.diagnosis.checks.components import unhealthy
from rke_py.diagnosis.checks.conntrack import full_tables
from rke_py.diagnosis.checks.disks import without_room
from rke_py.diagnosis.checks.dns import without_names
from rke_py.diagnosis.checks.etcd import sick_members
from rke_py.diagnosis.checks.etcd_latency import slow_disks
from rke_py.diagnosis.checks.files import altered
from rke_py.diagnosis.checks.hosts import silent
from rke_py.diagnosis.checks.kube_proxy import without_services
from rke_py.diagnosis.checks.mtu import cut_packets
from rke_py.diagnosis.checks.network_plugin import without_network
from rke_py.diagnosis.checks.nodes import not_ready
from rke_py.diagnosis.checks.overlay import unreached
from rke_py.diagnosis.checks.pods import failing
from rke_py.diagnosis.checks.ports import shut
from rke_py.diagnosis.checks.runtime import broken_runtime
from rke_py.diagnosis.checks.snapshots import late
from rke_py.diagnosis.model import Examined, Finding

Check = Callable[[Examined], Iterable[Finding]]

CHECKS: Mapping[str, Check] = {
    "hosts": silent,
    "clock": apart,
    "disk": without_room,
    "runtime": broken_runtime,
    "certificates": expired,
    "files": altered,
    "ports": shut,
    "etcd": sick_members,
    "etcd-latency": slow_disks,
    "components": unhealthy,
    "network-plugin": without_network,
    "node": not_ready,
    "overlay": unreached,
    "mtu": cut_packets,
    "kube-proxy": without_services,
    "dns": without_names,
    "conntrack": full_tables,
    "pods": failing,
    "snapshots": late,
}
"""By the name under which a finding is shown."""


def diagnose(examined: Examined) -> tuple[Finding, ...]:
    """Return every known cause that was found, faults before warnings."""
    found = [finding for check in CHECKS.values() for finding in check(examined)]
    return tuple(sorted(found, key=lambda finding: finding.warning))
