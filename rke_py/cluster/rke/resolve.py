"""``ClusterConfig`` and a release of RKE's → ``RkeSettings`` with RKE's defaults."""

from __future__ import annotations

from rke_py.catalog.release import Release
from rke_py.catalog.rke import service_options
from rke_py.cluster.backup_model import Backup
from rke_py.cluster.backups import CREATION, RETENTION
from rke_py.cluster.rke.model import RkeSettings
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.etcd import EtcdConfig

DEFAULT_SERVICE_RANGE = "10.43.0.0/16"
DEFAULT_CLUSTER_CIDR = "10.42.0.0/16"
DEFAULT_DNS_SERVER = "10.43.0.10"
"""Whatever the range of Services is: RKE does not look at it."""

_HOUR = 3600
_CRI_DOCKERD_BY_DEFAULT = (1, 24)


def resolve_rke(config: ClusterConfig, release: Release, kubernetes_image: str) -> RkeSettings:
    """Return the settings that shape the containers.

    Args:
        config: The configuration.
        release: Of the RKE family.
        kubernetes_image: The image of the five components; one of another minor release brings its own flags.
    """
    services = config.services
    cluster_cidr = services.kube_controller.cluster_cidr or DEFAULT_CLUSTER_CIDR
    return RkeSettings(
        options=service_options(release.version, kubernetes_image),
        service_range=services.kube_api.service_cluster_ip_range or DEFAULT_SERVICE_RANGE,
        controller_service_range=services.kube_controller.service_cluster_ip_range or DEFAULT_SERVICE_RANGE,
        cluster_cidr=cluster_cidr,
        etcd_user=f"{services.etcd.uid}:{services.etcd.uid}" if services.etcd.uid and services.etcd.gid else "",
        cri_dockerd=_cri_dockerd(config.enable_cri_dockerd, release),
        stream_server=(config.cri_dockerd_stream_server_address, config.cri_dockerd_stream_server_port),
        dual_stack=_has_both_families(cluster_cidr),
        snapshot_flags=_snapshot_flags(services.etcd),
        serving_certificates=services.kubelet.generate_serving_certificate,
    )


def _cri_dockerd(asked: bool | None, release: Release) -> bool:
    """Tell whether pods go through cri-dockerd: from 1.24 unless it is switched off, before when it is switched on."""
    return release.minor >= _CRI_DOCKERD_BY_DEFAULT if asked is None else asked


def _snapshot_flags(etcd: EtcdConfig) -> tuple[str, ...]:
    """Return the schedule as RKE passes it on: older keys as they are written, ``backup_config`` in hours."""
    given, default = etcd.backup_config, Backup()
    if given is None:
        return f"--retention={etcd.retention or RETENTION}", f"--creation={etcd.creation or CREATION}"
    hours = given.interval_hours or default.interval // _HOUR
    return f"--creation={hours}h", f"--retention={(given.retention or default.retention) * hours}h"


def _has_both_families(ranges: str) -> bool:
    families = {":" in part for part in ranges.split(",")}
    return len(families) > 1
