"""Settings of a cluster of RKE's own releases, as frozen values with RKE's defaults.

Address ranges are kept as they are written, since RKE passes them on like that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RkeSettings:
    """Everything that shapes the containers of RKE's own releases beyond what both families have.

    Attributes:
        options: RKE's default flags by service (``etcd``, ``kubeapi``, …); an empty value means not to pass the flag.
        service_range, controller_service_range, cluster_cidr: As written, a comma between two.
        etcd_user: ``uid:uid`` of etcd, empty for root. RKE has the number of ``uid`` twice whatever ``gid`` is, and the
            members that run have it.
        cri_dockerd: Whether pods go through cri-dockerd, not through the kubelet's own dockershim.
        stream_server: Address and port at which cri-dockerd serves streams, each empty for its default.
        dual_stack: Whether pods have addresses of both families.
        snapshot_flags: How often ``etcd-rolling-snapshots`` takes one and for how long it keeps them.
        serving_certificates: Whether each kubelet has a certificate of the cluster's CA.
    """

    options: Mapping[str, Mapping[str, str]]
    service_range: str
    controller_service_range: str
    cluster_cidr: str
    etcd_user: str = ""
    cri_dockerd: bool = False
    stream_server: tuple[str, str] = ("", "")
    dual_stack: bool = False
    snapshot_flags: tuple[str, ...] = ()
    serving_certificates: bool = False
