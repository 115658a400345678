"""The kinds that lightkube decodes for us, learned before threads use them.

lightkube's models are msgspec structs. msgspec builds what it knows of a type when it first decodes one, and two
threads doing that at once crash the interpreter (segmentation fault, msgspec 0.22, at the first look at nodes).
"""

from __future__ import annotations

from functools import cache
from threading import Lock

from lightkube.core.decoders import decode_list, decode_status, decode_watch_event
from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import ConfigMap, Node, PersistentVolume, Pod, Secret, Service
from lightkube.resources.discovery_v1 import EndpointSlice

KINDS = (ConfigMap, EndpointSlice, Lease, Node, PersistentVolume, Pod, Pod.Status, Secret, Service)
"""Every kind that is asked for."""

_LEARNING = Lock()


def learn_kinds() -> None:
    """Decode one of every kind, once in the life of the process and in one thread."""
    with _LEARNING:
        _learn()


@cache
def _learn() -> None:
    for kind in KINDS:
        decode_list(b'{"items": []}', kind)
    decode_status(b"{}")
    decode_watch_event(b'{"type": "", "object": {}}')
