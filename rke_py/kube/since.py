"""What was made in the cluster since a moment, and would be lost by going back to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from lightkube.resources.core_v1 import Node, PersistentVolume, Pod, Service

from rke_py.kube.client import Api, translated
from rke_py.plan.observed import MadeSince


def made_since(api: Api, moment: datetime) -> MadeSince:
    """Return what was made since a moment of the API server's clock, by name."""
    with translated("list what was made since the snapshot"):
        services = (item for item in api.typed.list(Service, namespace="*") if _type(item) == "LoadBalancer")
        return MadeSince(
            pods=_new(api.typed.list(Pod, namespace="*"), moment),
            volumes=_new(api.typed.list(PersistentVolume), moment),
            load_balancers=_new(services, moment),
            nodes=_new(api.typed.list(Node), moment),
        )


def _new(items: Iterable[Any], moment: datetime) -> tuple[str, ...]:
    found = (item.metadata for item in items if item.metadata and (item.metadata.creationTimestamp or moment) > moment)
    return tuple(sorted("/".join(filter(None, (metadata.namespace, metadata.name))) for metadata in found))


def _type(service: Service) -> str:
    return (service.spec.type if service.spec else "") or ""
