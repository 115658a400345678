"""What is remembered between runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from rke_py.pki.encryption import EncryptionChange, Key
from rke_py.pki.model import Bundle
from rke_py.pki.rotation import Phase, Rotation
from rke_py.state.addons import traced_addons
from rke_py.state.nodes import remembered_nodes
from rke_py.state.restore import Restore


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdRecord:
    """What is remembered of the etcd cluster.

    Attributes:
        token: Random token of this etcd cluster, given at bootstrap.
        first: Name of the host whose member makes the cluster; saved before that member starts.
        bootstrapped: True once that member was seen healthy, saved before anything is written to it; never False again.
        cluster_id: etcd's own id, hexadecimal, known from that moment.
        restores: How many restores were begun: each has to take revisions beyond those that clients saw before.
    """

    token: str = ""
    bootstrapped: bool = False
    first: str = ""
    cluster_id: str = ""
    restores: int = 0


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
class HostRecord:
    """A host that carries, or may carry, something of the cluster.

    Attributes:
        roles: Every role whose components it may carry: those of the last run that finished and of all runs since.
        node: Its entry in ``nodes`` as last seen, RKE's camelCase keys: how to reach it once it is gone from there.
        forgotten: True once it left the cluster without being cleaned, since it did not answer.
        addons: Add-ons whose traces it may carry; empty where they are those of the last run that finished.
    """

    address: str
    roles: frozenset[str] = frozenset()
    node: Mapping[str, object] = field(default_factory=dict, repr=False)
    forgotten: bool = False
    addons: frozenset[str] = frozenset()


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
        encryption: EncryptionConfiguration text that API servers are to have, empty when Secrets are not encrypted.
        encryption_change: The change of it that is under way; None when there is none.
        retired_keys: Keys that API servers had once: snapshots from then hold values under them.
        hosts: Hosts that carry, or may carry, something of this cluster, by node name; one that was forgotten and whose
            name another machine has now, by its address.
        machines: What was learned of the machines, by node name.
        rotation: The rotation of certificates or keys that is under way; None when there is none.
        restore: The restore of etcd that is under way; None when there is none.
        taken_over: When the first run on a cluster that RKE made began, by our clock; None for one of our own making.
        supplied: Names of the certificates that the cluster's owner supplied; they are never issued by rke-py.
        edited: Sections of cluster.yml whose add-ons were the work of RKE's jobs, and are ours since an edit; what is
            in etcd may be older.
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
    encryption_change: EncryptionChange | None = None
    retired_keys: tuple[Key, ...] = ()
    etcd: EtcdRecord = EtcdRecord()
    hosts: Mapping[str, HostRecord] = field(default_factory=dict)
    machines: Mapping[str, Machine] = field(default_factory=dict)
    taken_over: datetime | None = None
    supplied: frozenset[str] = frozenset()
    edited: frozenset[str] = frozenset()
    rotation: Rotation | None = None
    restore: Restore | None = None
    unknown: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def exists_on_hosts(self) -> bool:
        """True when a run got as far as making something on hosts."""
        return self.etcd.bootstrapped or bool(self.hosts)

    def finished(self, silent: Collection[str] = (), edited: frozenset[str] = frozenset()) -> State:
        """Return the state once everything that was asked for is on the hosts.

        Args:
            silent: Hosts that did not answer: they may carry what they carried before, traces of add-ons included.
            edited: Sections of cluster.yml whose add-ons were RKE's.
        """
        roles = {node.name: node.roles for node in remembered_nodes(self.desired)}
        hosts = {
            name: self._carrying(name, record, roles[name], silent=name in silent) if name in roles else record
            for name, record in self.hosts.items()
        }
        over = self.rotation is not None and self.rotation.phase in (Phase.DELIVER, Phase.DROP, Phase.ABANDON)
        rotation = None if over else self.rotation
        return replace(
            self,
            configuration=self.desired,
            applied=self.bundle,
            hosts=hosts,
            rotation=rotation,
            edited=edited,
        )

    def _carrying(self, name: str, record: HostRecord, roles: frozenset[str], *, silent: bool) -> HostRecord:
        """Return a host's record once it carries what was asked for; a silent one may carry the old as well."""
        addons = traced_addons(self.desired)
        if silent:
            roles, addons = roles | record.roles, addons | self.traced_addons(name)
        return replace(record, roles=roles, addons=addons)

    def traced_addons(self, name: str) -> frozenset[str]:
        """Return the add-ons whose traces a host may carry."""
        record = self.hosts.get(name)
        return (record.addons if record else frozenset()) or traced_addons(self.configuration)

    def without_traces(self, name: str, gone: Iterable[str], network: str) -> State:
        """Return the state once the traces of some add-ons are gone from a host, whose pods have this network now."""
        record = self.hosts.get(name)
        if record is None:
            return self
        addons = self.traced_addons(name).difference(gone) | {network}
        return replace(self, hosts={**self.hosts, name: replace(record, addons=addons)})

    def rolled(self) -> State:
        """Return the state once every API server is where a change of the encryption wants it.

        With the last roll the change is over; the keys that nobody has any more are kept.
        """
        change = self.encryption_change
        if change is None:
            return self
        if change.phase is not Phase.DROP:
            return replace(self, encryption_change=replace(change, reached=True))
        retired = tuple(dict.fromkeys((*self.retired_keys, *change.dropped)))
        return replace(self, encryption_change=None, retired_keys=retired)

    def with_hosts(self, nodes: Iterable[Mapping[str, object]]) -> State:
        """Return the state with the hosts of ``nodes`` (RKE's form) among those that may carry the cluster.

        A forgotten machine whose name is another one's now is remembered by its address, until that is in use again.
        """
        hosts = dict(self.hosts)
        for node in remembered_nodes({"nodes": list(nodes)}):
            before, there = hosts.get(node.name), hosts.get(node.address)
            if there and there.forgotten and node.address != node.name:
                del hosts[node.address]
            if before and before.forgotten and before.address != node.address:
                hosts[before.address], before = before, None
            roles = node.roles | (before.roles if before else frozenset())
            hosts[node.name] = HostRecord(
                address=node.address,
                roles=roles,
                node=node.entry,
                addons=before.addons if before else frozenset(),
            )
        return replace(self, hosts=hosts)

    def without_host(self, name: str) -> State:
        """Return the state once nothing of the cluster is on a host any more."""
        hosts = {other: record for other, record in self.hosts.items() if other != name}
        machines = {other: machine for other, machine in self.machines.items() if other != name}
        return replace(self, hosts=hosts, machines=machines)

    def forgetting(self, name: str) -> State:
        """Return the state once a host has left the cluster that still carries something of it."""
        record = self.hosts.get(name)
        return replace(self, hosts={**self.hosts, name: replace(record, forgotten=True)}) if record else self
