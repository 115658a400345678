"""The cloud that a cluster's nodes run in, as a frozen value."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

EXTERNAL = "external"
EXTERNAL_AWS = "external-aws"
AWS = "aws"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudProvider:
    """The cloud the nodes run in.

    Attributes:
        name: Empty for none; else ``aws``, ``azure``, ``external`` or whatever cluster.yml calls it.
        config: Text of ``/etc/kubernetes/cloud-config``; may be empty.
        secret: True when the text holds a password, or may.
        metadata_hostname: True when nodes take their names from the cloud's metadata (AWS only).
    """

    name: str = ""
    config: SecretStr = SecretStr("")
    secret: bool = False
    metadata_hostname: bool = False

    @property
    def flag(self) -> str:
        """What ``--cloud-provider`` says in RKE's releases: ``external-aws`` is RKE's own word for an external one."""
        return EXTERNAL if self.name == EXTERNAL_AWS else self.name

    @property
    def names_nodes(self) -> bool:
        """True when RKE's kubelets ask the cloud, or its metadata, how their nodes are called."""
        return self.metadata_hostname or self.flag not in ("", EXTERNAL)
