"""The part of the CRI protocol (``runtime.v1``) that is spoken here, as protobuf message classes.

Numbers and types are those of Kubernetes' ``cri-api/pkg/apis/runtime/v1/api.proto``; fields and messages that are not
needed are left out, which protobuf allows. Enumerations are written as int32, which is the same on the wire.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

PACKAGE = "runtime.v1"

_SCALARS = {
    "string": FieldDescriptorProto.TYPE_STRING,
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "int32": FieldDescriptorProto.TYPE_INT32,
    "int64": FieldDescriptorProto.TYPE_INT64,
}

MESSAGES: dict[str, tuple[tuple[int, str, str], ...]] = {
    "VersionRequest": ((1, "version", "string"),),
    "VersionResponse": (
        (1, "version", "string"),
        (2, "runtime_name", "string"),
        (3, "runtime_version", "string"),
        (4, "runtime_api_version", "string"),
    ),
    "StatusRequest": ((1, "verbose", "bool"),),
    "StatusResponse": ((2, "info", "map string string"),),
    "RuntimeConfigRequest": (),
    "RuntimeConfigResponse": ((1, "linux", "LinuxRuntimeConfiguration"),),
    "LinuxRuntimeConfiguration": ((1, "cgroup_driver", "int32"),),
    "ListPodSandboxRequest": (),
    "ListPodSandboxResponse": ((1, "items", "repeated PodSandbox"),),
    "PodSandbox": (
        (1, "id", "string"),
        (2, "metadata", "PodSandboxMetadata"),
    ),
    "PodSandboxMetadata": (
        (1, "name", "string"),
        (2, "uid", "string"),
        (3, "namespace", "string"),
    ),
    "PodSandboxStatusRequest": ((1, "pod_sandbox_id", "string"),),
    "PodSandboxStatusResponse": ((1, "status", "PodSandboxStatus"),),
    "PodSandboxStatus": (
        (1, "id", "string"),
        (6, "linux", "LinuxPodSandboxStatus"),
    ),
    "LinuxPodSandboxStatus": ((1, "namespaces", "Namespace"),),
    "Namespace": ((2, "options", "NamespaceOption"),),
    "NamespaceOption": ((1, "network", "int32"),),
    "StopPodSandboxRequest": ((1, "pod_sandbox_id", "string"),),
    "StopPodSandboxResponse": (),
    "RemovePodSandboxRequest": ((1, "pod_sandbox_id", "string"),),
    "RemovePodSandboxResponse": (),
    "ListContainersRequest": (),
    "ListContainersResponse": ((1, "containers", "repeated Container"),),
    "Container": (
        (1, "id", "string"),
        (2, "pod_sandbox_id", "string"),
        (6, "state", "int32"),
    ),
    "StopContainerRequest": (
        (1, "container_id", "string"),
        (2, "timeout", "int64"),
    ),
    "StopContainerResponse": (),
    "ImageSpec": ((1, "image", "string"),),
    "ImageStatusRequest": ((1, "image", "ImageSpec"),),
    "ImageStatusResponse": ((1, "image", "Image"),),
    "Image": ((1, "id", "string"),),
    "PullImageRequest": ((1, "image", "ImageSpec"),),
    "PullImageResponse": ((1, "image_ref", "string"),),
}
"""Each message's fields: number, name, and type as the proto file has it."""

SYSTEMD_DRIVER = 0
"""CgroupDriver.SYSTEMD; 1 is CGROUPFS."""

NODE_NETWORK = 2
"""NamespaceMode.NODE: the pod is in the host's own network."""

RUNNING = 1
"""ContainerState.CONTAINER_RUNNING."""


def message(name: str) -> Any:
    """Return the class of a message."""
    return GetMessageClass(_pool().FindMessageTypeByName(f"{PACKAGE}.{name}"))


@cache
def _pool() -> DescriptorPool:
    file = FileDescriptorProto(name="cri.proto", package=PACKAGE, syntax="proto3")
    for name, fields in MESSAGES.items():
        descriptor = file.message_type.add(name=name)
        for number, field, kind in fields:
            _add_field(descriptor, number, field, kind)
    pool = DescriptorPool()
    pool.Add(file)
    return pool


def _add_field(message: DescriptorProto, number: int, name: str, kind: str) -> None:
    if kind == "map string string":
        entry = message.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
        entry.options.map_entry = True
        _add_field(entry, 1, "key", "string")
        _add_field(entry, 2, "value", "string")
        kind = f"repeated {message.name}.{entry.name}"
    repeated, kind = kind.startswith("repeated "), kind.removeprefix("repeated ")
    field = message.field.add(name=name, number=number)
    field.label = FieldDescriptorProto.LABEL_REPEATED if repeated else FieldDescriptorProto.LABEL_OPTIONAL
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{PACKAGE}.{kind}"
