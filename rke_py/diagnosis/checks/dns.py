"""A cluster in which names are not found."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding

_APP = "kube-dns"


def without_names(examined: Examined) -> Iterable[Finding]:
    """Find DNS without a pod that is ready, and hosts that it does not answer."""
    if not examined.observed.api or examined.cluster.dns.provider == "none":
        return
    pods = [pod for pod in examined.pods if pod.app == _APP]
    if not any(pod.ready for pod in pods):
        yield Finding(
            check="dns",
            where="",
            cause="no pod of the cluster's DNS is ready, so pods find no names",
            evidence=tuple(f"{pod.name}: {pod.reason} {pod.message}".rstrip() for pod in pods) or ("it has no pods",),
            remedy="Look at: kubectl -n kube-system describe pods -l k8s-app=kube-dns; then rke-py up",
        )
        return
    faults: dict[str, list[str]] = {}
    for host, fault in examined.names.items():
        if fault:
            faults.setdefault(fault, []).append(host)
    for fault, hosts in faults.items():
        yield Finding(
            check="dns",
            where=", ".join(hosts),
            cause="the cluster's DNS does not answer from here",
            evidence=(fault,),
            remedy="Services (kube-proxy) and the pod network carry the question: see their findings. Else look at: "
            "kubectl -n kube-system logs -l k8s-app=kube-dns",
        )
