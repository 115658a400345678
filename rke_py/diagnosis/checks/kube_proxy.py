"""Hosts on which Services do not work."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding

_OPEN, _NOT_CHECKED = "open", "not checked"


def without_services(examined: Examined) -> Iterable[Finding]:
    """Find hosts that do not reach the API through its Service: kube-proxy's rules are missing or wrong there."""
    if not examined.observed.api:
        return
    address = examined.cluster.services.first_service_ips[0]
    for host, state in examined.services.items():
        if state not in (_OPEN, _NOT_CHECKED):
            yield Finding(
                check="kube-proxy",
                where=host,
                cause="Services do not work on this host",
                evidence=(f"{address} port 443, the Service of the API: {state}",),
                remedy="See whether kube-proxy writes its rules: docker logs kube-proxy; docker restart kube-proxy",
            )
