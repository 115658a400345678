"""What is remembered between runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rke_py.pki.model import Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdRecord:
    """What is remembered of the etcd cluster.

    Attributes:
        token: Random token of this etcd cluster, given at bootstrap.
        first: Name of the host whose member makes the cluster; saved before that member starts.
        bootstrapped: True once that member was seen healthy, saved before anything is written to it; never False again.
        cluster_id: etcd's own id, hexadecimal, known from that moment.
    """

    token: str = ""
    bootstrapped: bool = False
    first: str = ""
    cluster_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What only the tools container can tell of a machine and what its files rest on, so that not every run has to ask.

    Attributes:
        systemd_cgroup: Whether containerd's runc uses the systemd cgroup driver.
        resolv_conf: The file that names the machine's real name servers.
    """

    systemd_cgroup: bool
    resolv_conf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything in cluster.rkestate.

    Attributes:
        lineage: Random id of this cluster, made once.
        serial: Counts every save; a file with a smaller one than the cluster's copy is older.
        bundle: Certificates as they are wanted on the hosts.
        desired: cluster.yml as last asked for, RKE's camelCase keys.
        configuration: cluster.yml as last applied in full, same form; empty before the first success.
        applied: Certificates at that moment.
        encryption: EncryptionConfiguration text, empty when Secrets are not encrypted.
        hosts: Names of hosts that carry, or may carry, something of this cluster, with their addresses.
        machines: What was learned of the machines, by node name.
        supplied: Names of the certificates that the cluster's owner supplied; they are never issued by rke-py.
        unknown: What else the file holds, in the file's own nesting: keys that this release does not know, and RKE's
            remarks beside certificates. It is kept as it is.
    """

    lineage: str
    serial: int = 0
    bundle: Bundle = field(default_factory=dict, repr=False)
    desired: Mapping[str, object] = field(default_factory=dict, repr=False)
    configuration: Mapping[str, object] = field(default_factory=dict, repr=False)
    applied: Bundle = field(default_factory=dict, repr=False)
    encryption: str = field(default="", repr=False)
    etcd: EtcdRecord = EtcdRecord()
    hosts: Mapping[str, str] = field(default_factory=dict)
    machines: Mapping[str, Machine] = field(default_factory=dict)
    supplied: frozenset[str] = frozenset()
    unknown: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def exists_on_hosts(self) -> bool:
        """True when a run got as far as making something on hosts."""
        return self.etcd.bootstrapped or bool(self.hosts)

    def finished(self) -> State:
        """Return the state once everything that was asked for is on the hosts."""
        return replace(self, configuration=self.desired, applied=self.bundle)
