"""The shape of cluster.rkestate: RKE's two halves, and rke-py's own part beside them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

VERSION = 1
"""Of rke-py's own part. A file with a higher one was written by a later release and is refused."""


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


class CertificateDocument(_Document):
    """One certificate; RKE writes eight more fields, all of which follow from the name."""

    name: str
    certificatePEM: str  # noqa: N815
    keyPEM: str  # noqa: N815
    config: str


class HalfDocument(_Document):
    """``desiredState`` or ``currentState``."""

    rkeConfig: dict[str, object] = {}  # noqa: N815
    certificatesBundle: dict[str, CertificateDocument] = {}  # noqa: N815
    encryptionConfig: str = ""  # noqa: N815


class EtcdDocument(_Document):
    """``rkePy.etcd``: what is remembered of the etcd cluster."""

    token: str
    bootstrapped: bool
    first: str
    clusterId: str  # noqa: N815
    restores: int = 0


class MachineDocument(_Document):
    """One of ``rkePy.machines``: what was learned of a machine."""

    systemdCgroup: bool  # noqa: N815
    resolvConf: str  # noqa: N815


class HostDocument(_Document):
    """One of ``rkePy.hosts``: a host that may carry something of the cluster."""

    address: str
    roles: list[str] = []
    node: dict[str, object] = {}
    forgotten: bool = False
    addons: list[str] = []


class RotationDocument(_Document):
    """``rkePy.rotation``: a rotation under way."""

    kind: str
    phase: str
    services: list[str] = []
    began: str = ""
    since: str = ""
    reached: bool = False
    new: dict[str, CertificateDocument] = {}
    old: str = ""
    answered: bool = False


class RestoreDocument(_Document):
    """``rkePy.restore``: a restore of etcd under way."""

    snapshot: str
    asked: str
    token: str
    bump: int
    sha256: str
    phase: str


class EncryptionChangeDocument(_Document):
    """``rkePy.encryption.change``: a change of how Secrets are encrypted, under way."""

    old: str
    new: str
    phase: str
    began: str = ""
    reached: bool = False


class KeyDocument(_Document):
    """One of ``rkePy.encryption.retired``: a key that snapshots may need."""

    provider: str
    name: str
    section: dict[str, object]


class EncryptionDocument(_Document):
    """``rkePy.encryption``: what is remembered beside the EncryptionConfiguration itself."""

    change: EncryptionChangeDocument | None = None
    retired: list[KeyDocument] = []


class OwnDocument(_Document):
    """``rkePy``: everything that RKE has no place for."""

    version: Literal[1]
    lineage: str = Field(min_length=1)
    serial: int = Field(ge=0)
    etcd: EtcdDocument
    hosts: dict[str, HostDocument]
    machines: dict[str, MachineDocument] = {}
    takenOver: str = ""  # noqa: N815
    supplied: list[str] = []
    edited: list[str] = []
    rotation: RotationDocument | None = None
    restore: RestoreDocument | None = None
    encryption: EncryptionDocument = EncryptionDocument()


class StateDocument(_Document):
    """The whole file."""

    desiredState: HalfDocument  # noqa: N815
    currentState: HalfDocument  # noqa: N815
    rkePy: OwnDocument | None = None  # noqa: N815


def faults(error: ValidationError) -> str:
    """Return the first faults of a document as key paths; never a value, which may be a private key."""
    found = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False)]
    return "; ".join(found[:3]) + (f"; and {len(found) - 3} more" if len(found) > 3 else "")
