"""A host's facts out of ``docker info`` and ``docker version``; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rke_py.plan.observed import HostFacts


def host_facts(info: Mapping[str, Any], version: Mapping[str, Any], asked: datetime) -> HostFacts:
    """Read Docker's two answers.

    Args:
        info: What ``GET /info`` answered.
        version: What ``GET /version`` answered.
        asked: What our own clock showed while Docker looked at its.
    """
    return HostFacts(
        engine_id=info.get("ID", ""),
        engine_version=version["Version"],
        api_version=version["ApiVersion"],
        operating_system=info.get("OperatingSystem", ""),
        architecture=info.get("Architecture", ""),
        kernel=info.get("KernelVersion", ""),
        hostname=info.get("Name", ""),
        docker_root=info.get("DockerRootDir", ""),
        cgroup_driver=info.get("CgroupDriver", ""),
        cgroup_version=int(info.get("CgroupVersion") or 1),
        security_options=tuple(info.get("SecurityOptions") or ()),
        cpus=info.get("NCPU", 0),
        memory=info.get("MemTotal", 0),
        clock_offset=datetime.fromisoformat(info["SystemTime"]) - asked,
        http_proxy=info.get("HttpProxy") or "",
    )
