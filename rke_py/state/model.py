"""What is remembered between runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rke_py.pki.model import Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdRecord:
    """What is remembered of the etcd cluster.

    Attributes:
        token: Random token of this etcd cluster, given at bootstrap.
        bootstrapped: True from the moment before the first member is started as a new cluster; never False again.
        first: Name of the host whose member bootstraps or bootstrapped it.
        cluster_id: etcd's own id once it was seen, hexadecimal.
    """

    token: str = ""
    bootstrapped: bool = False
    first: str = ""
    cluster_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything in cluster.rkestate.

    Attributes:
        lineage: Random id of this cluster, made once.
        serial: Counts every save; a file with a smaller one than the cluster's copy is older.
        bundle: Certificates as they are wanted on the hosts.
        configuration: cluster.yml as last applied in full, RKE's camelCase keys; empty before the first success.
        desired: cluster.yml as last asked for, same form.
        encryption: EncryptionConfiguration text, empty when Secrets are not encrypted.
        hosts: Names of hosts that carry, or may carry, something of this cluster, with their addresses.
        unknown: Top-level and ``rkePy`` keys that this release does not know, kept as they are.
    """

    lineage: str
    serial: int = 0
    bundle: Bundle = field(default_factory=dict, repr=False)
    desired: Mapping[str, object] = field(default_factory=dict, repr=False)
    configuration: Mapping[str, object] = field(default_factory=dict, repr=False)
    encryption: str = field(default="", repr=False)
    etcd: EtcdRecord = EtcdRecord()
    hosts: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def exists_on_hosts(self) -> bool:
        """True when a run got as far as making something on hosts."""
        return self.etcd.bootstrapped or bool(self.hosts)
