"""Containers to and from Docker's JSON; pure.

``create_request`` and ``found_container`` are each other's inverse in every field that Docker keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rke_py.plan.containers import ContainerSpec, FoundContainer, Status

_NEVER = "0001-01-01T00:00:00Z"
_LOG_DRIVER = "json-file"
_DEFAULT_GRACE = 10
_CGROUPNS_SINCE = (1, 41)

_LIMITS = (
    "BlkioWeight",
    "CpuQuota",
    "CpuShares",
    "CpusetCpus",
    "CpusetMems",
    "Memory",
    "MemoryReservation",
    "NanoCpus",
    "PidsLimit",
)
"""What ``docker update`` changes of a container; the limit of swap follows that of memory."""

_UNLIMITED = (None, 0, -1, "")

Json = Mapping[str, Any]


def create_request(spec: ContainerSpec, api_version: str, *, stdin: bool = False) -> dict[str, Any]:
    """Return the body of Docker's ``POST /containers/create``.

    Args:
        spec: The container; its name goes into the request's query, not into the body.
        api_version: The negotiated version, such as ``1.41``.
        stdin: Open a standard input that ends with the first client that writes to it.
    """
    host = {
        "Binds": list(spec.binds),
        "NetworkMode": spec.network_mode,
        "PidMode": spec.pid_mode,
        "Privileged": spec.privileged,
        "RestartPolicy": {"Name": spec.restart},
        "VolumesFrom": list(spec.volumes_from),
        "SecurityOpt": list(spec.security_opt),
        "CapAdd": list(spec.cap_add),
        "LogConfig": {"Type": _LOG_DRIVER, "Config": dict(spec.log_options)},
        **spec.limits,
    }
    if spec.cgroupns_mode and version_of(api_version) >= _CGROUPNS_SINCE:
        host["CgroupnsMode"] = spec.cgroupns_mode
    return {
        "Image": spec.image,
        "Entrypoint": list(spec.entrypoint) or None,
        "Cmd": list(spec.command),
        "Env": list(spec.env),
        "User": spec.user,
        "Labels": dict(spec.labels),
        "StopTimeout": spec.grace,
        "OpenStdin": stdin,
        "StdinOnce": stdin,
        "HostConfig": host,
    }


def found_container(inspected: Json, image_env: Sequence[str]) -> FoundContainer:
    """Read ``docker inspect`` of one container.

    Args:
        inspected: The JSON object.
        image_env: The environment of its image.
    """
    state = inspected["State"]
    created, started = inspected.get("Created"), state.get("StartedAt") or _NEVER
    return FoundContainer(
        id=inspected["Id"],
        spec=_spec(inspected),
        status=Status(state["Status"]),
        image_id=inspected["Image"],
        image_env=tuple(image_env),
        created_at=datetime.fromisoformat(created) if created else None,
        started_at=None if started == _NEVER else datetime.fromisoformat(started),
        exit_code=state.get("ExitCode", 0),
        restart_count=inspected.get("RestartCount", 0),
    )


def version_of(api_version: str) -> tuple[int, ...]:
    """Return an API version in a form that compares: ``1.9`` is older than ``1.41``."""
    return tuple(int(part) for part in api_version.split("."))


def _spec(inspected: Json) -> ContainerSpec:
    config, host = inspected["Config"], inspected["HostConfig"]
    return ContainerSpec(
        name=inspected["Name"].removeprefix("/"),
        image=config["Image"],
        entrypoint=_texts(config.get("Entrypoint")),
        command=_texts(config.get("Cmd")),
        env=_texts(config.get("Env")),
        binds=_texts(host.get("Binds")),
        network_mode=host.get("NetworkMode") or "",
        pid_mode=host.get("PidMode") or "",
        cgroupns_mode=host.get("CgroupnsMode") or "",
        privileged=bool(host.get("Privileged")),
        user=config.get("User") or "",
        restart=(host.get("RestartPolicy") or {}).get("Name") or "no",
        labels=dict(config.get("Labels") or {}),
        volumes_from=_texts(host.get("VolumesFrom")),
        security_opt=_texts(host.get("SecurityOpt")),
        cap_add=_texts(host.get("CapAdd")),
        log_options=_log_options(host.get("LogConfig") or {}),
        limits={name: host[name] for name in _LIMITS if host.get(name) not in _UNLIMITED},
        grace=config.get("StopTimeout") or _DEFAULT_GRACE,
    )


def _log_options(log: Json) -> dict[str, str]:
    """Return the options; another driver than ours is shown as one, so that it differs from what is wanted."""
    driver = log.get("Type") or _LOG_DRIVER
    options = dict(log.get("Config") or {})
    return options if driver == _LOG_DRIVER else {"driver": driver, **options}


def _texts(value: Sequence[str] | str | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())
