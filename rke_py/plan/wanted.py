"""Everything a plan is made from, in one value that every stage reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rke_py.catalog.order import version_in_tag
from rke_py.catalog.rke import RELEASE_MARK
from rke_py.cluster.model import Cluster, Host, Role
from rke_py.pki.rotation import Phase
from rke_py.plan.components.haproxy import NAME as API_PROXY
from rke_py.plan.components.snapshots import NAME as ROLLING_SNAPSHOTS
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.conventions import is_component
from rke_py.plan.migration import node_of_rke
from rke_py.plan.node import NodePlan
from rke_py.plan.observed import ObjectState, Observed, ObservedHost, ObservedObject
from rke_py.plan.reconcile import old_name
from rke_py.plan.relied_on import is_relied_on
from rke_py.plan.rke.components.nginx_proxy import NAME as API_PROXY_OF_RKE
from rke_py.render.addons import ACCESS as ACCESS_ADDON
from rke_py.render.addons import NODELOCAL, Addon
from rke_py.state.model import State
from rke_py.state.nodes import RememberedNode

_OF_ROLES = (
    *("kube-scheduler", "kube-controller-manager", "kube-apiserver", ROLLING_SNAPSHOTS, "etcd"),
    *(API_PROXY, API_PROXY_OF_RKE),
)
"""The components that not every host carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted, what is remembered and what was found.

    Attributes:
        snapshot: What the snapshot is called that is taken before.
        applied: The nodes as they were last applied, by name.
        leftovers: Whether what RKE left behind goes too.
        sealed: Whether there is a key to encrypt the state with.
    """

    cluster: Cluster
    state: State
    observed: Observed
    nodes: Mapping[str, NodePlan]
    addons: tuple[Addon, ...]
    snapshot: str
    applied: Mapping[str, RememberedNode] = field(default_factory=dict)
    leftovers: bool = False
    sealed: bool = False

    @property
    def kubelet_version(self) -> str:
        """What kubelets will report: what the tag of their image tells, since that is what runs, else the version."""
        told = version_in_tag(self.cluster.images.kubelet) or self.cluster.version
        return told.partition(RELEASE_MARK)[0]

    @property
    def api_proxy(self) -> str:
        """The container through which hosts without control plane reach API servers."""
        return API_PROXY if self.cluster.rke is None else API_PROXY_OF_RKE

    @property
    def finished_once(self) -> bool:
        """True when a run reached everything that was asked for, so that somebody may rely on the cluster."""
        return bool(self.state.configuration)

    @property
    def quiet(self) -> bool:
        """True while nothing can be interrupted: no run ever finished and no API server answers."""
        return not self.finished_once and not self.observed.api

    @property
    def untrusted(self) -> bool:
        """True while a CA that ended is replaced and no API server answers: nobody trusts anybody, nothing works.

        So nothing is interrupted either, and what is there already is nothing to put back. Once an API server answered
        those that are down are so for another reason; without the CA of the front proxy they all work.
        """
        return not self.observed.api and self._replaces("kube-ca", "kube-etcd-ca")

    @property
    def members_untrusted(self) -> bool:
        """True while the CA of etcd's members ended and is replaced, so that none trusts another.

        API servers may answer all the same, over connections from before.
        """
        return self._replaces("kube-etcd-ca" if self.cluster.rke is None else "kube-ca")

    @property
    def pods_untrusted(self) -> bool:
        """True while the cluster's CA ended and no pod can have been given the new one yet."""
        rotation = self.state.rotation
        return rotation is not None and rotation.phase is Phase.REPLACE and bool(rotation.old) and not rotation.since

    def _replaces(self, *names: str) -> bool:
        """Tell whether one of these CAs ended and is replaced, and nobody was seen yet who trusts the new one.

        Which ones the owner of CAs supplied anew is not known.
        """
        rotation = self.state.rotation
        if rotation is None or rotation.phase is not Phase.REPLACE or rotation.answered:
            return False
        return not rotation.new or not rotation.new.keys().isdisjoint(names)

    @property
    def without_network(self) -> bool:
        """True while nothing of the pod network runs anywhere yet: until it is applied no node becomes Ready."""
        plugin = self.cluster.network.plugin
        if self.left_network or self.cluster.migrating:  # RKE's network is there until ours takes its place
            return False
        if not self.observed.api:
            return not self.finished_once and plugin != "none"
        runs = [found for found in self.observed.objects if found.addon == plugin and found.kind == "DaemonSet"]
        return any(found.state is ObjectState.ABSENT for found in runs)

    @property
    def lacks_of_network(self) -> bool:
        """True while some object of the pod network is still to be applied."""
        objects = (found for found in self.observed.objects if found.addon == self.cluster.network.plugin)
        return any(found.state is ObjectState.ABSENT for found in objects)

    @property
    def left_network(self) -> str:
        """The plugin of the last run that finished, whose traces are still on the hosts; empty when it is the same."""
        before = setting(self.state.configuration, "network", "plugin")
        return before if before != self.cluster.network.plugin else ""

    @property
    def left_nodelocal(self) -> bool:
        """True while hosts may carry traces of a DNS cache that is not wanted any more."""
        before = setting(self.state.configuration, "dns", "nodelocal", "ipAddress")
        return bool(before) and self.cluster.dns.nodelocal is None

    def left_on(self, host: Host) -> frozenset[str]:
        """Return the add-ons that are gone and whose traces a host may still carry; a network may be ``none``."""
        kept = {self.cluster.network.plugin, *((NODELOCAL,) if self.cluster.dns.nodelocal is not None else ())}
        return self.state.traced_addons(host.name) - kept

    @property
    def new_cache(self) -> Addon | None:
        """The DNS cache on nodes where nobody relies on one yet: it has to work before kubelets tell pods to ask it."""
        states = {found.state for found in self.observed.objects if found.addon == NODELOCAL}
        lacks = states == {ObjectState.ABSENT} or (self.comes_to_cache and self.differences(NODELOCAL))
        return next((addon for addon in self.addons if addon.name == NODELOCAL), None) if lacks else None

    @property
    def comes_to_cache(self) -> bool:
        """True until a run finished with a DNS cache in a cluster that had none: a kubelet may not name it yet."""
        had = setting(self.state.configuration, "dns", "nodelocal", "ipAddress")
        return self.finished_once and self.cluster.dns.nodelocal is not None and not had

    @property
    def access(self) -> Addon | None:
        """The rights of our API servers, in a cluster that leaves RKE's releases and does not have them yet."""
        if not self.cluster.migrating or not self.differences(ACCESS_ADDON):
            return None
        return next((addon for addon in self.addons if addon.name == ACCESS_ADDON), None)

    def differences(self, addon: str) -> tuple[str, ...]:
        """Return what of an add-on is not as wanted, nothing when all is; without an API server nobody can tell.

        What does not work counts where something waits for it; elsewhere to apply it again would mend nothing.
        """
        if not self.observed.api:
            return ("there was no API server to compare with",)
        cache = addon == NODELOCAL and self.comes_to_cache
        awaited = cache or is_relied_on(addon, self.cluster, self.observed, self.state)
        return tuple(
            f"{found.kind} {found.namespace + '/' if found.namespace else ''}{found.name}: {_fault(found)}"
            for found in self.observed.objects
            if found.addon == addon and (found.state is not ObjectState.SAME or (awaited and found.missing))
        )

    @property
    def first_member(self) -> str:
        """The host whose member makes the etcd cluster: the recorded one, else the first etcd host that answered."""
        if self.state.etcd.first:
            return self.state.etcd.first
        return next((host.name for host in self.reachable(Role.ETCD)), "")

    @property
    def first_server(self) -> str:
        """The first control-plane host that answered: what comes in a new cluster waits for its API server."""
        return next((host.name for host in self.reachable(Role.CONTROLPLANE)), "")

    def found(self, host: Host) -> ObservedHost:
        """Return the host as observed."""
        return self.observed.host(host.name)

    def fresh(self, host: Host) -> bool:
        """True when the host carries none of its containers, not even an old one aside."""
        containers = self.found(host).containers
        names = (spec.name for spec in self.nodes[host.name].containers)
        return not any(name in containers or old_name(name) in containers for name in names)

    def up(self, host: Host) -> bool:
        """True when the node serves: it is Ready, or the API cannot tell but its containers are there."""
        node = self.observed.nodes.get(host.name)
        return node.ready if node is not None else not self.fresh(host) and not self.quiet

    def reachable(self, *roles: Role) -> tuple[Host, ...]:
        """Return the hosts that answered and carry one of the roles (any role when none is given)."""
        wanted = frozenset(roles or Role)
        return tuple(host for host in self.cluster.hosts if host.roles & wanted and self.found(host).reachable)

    def container(self, host: Host, name: str) -> ContainerSpec:
        """Return the wanted container of that name."""
        return next(spec for spec in self.nodes[host.name].containers if spec.name == name)

    @property
    def carrier(self) -> str:
        """The smallest image that every host has."""
        return self.cluster.images.pod_infra_container

    def going(self, host: Host) -> tuple[str, ...]:
        """Return the names of containers on the host of roles that it has no more, old ones aside included."""
        kept = {spec.name for spec in self.nodes[host.name].containers} if host.name in self.nodes else set[str]()
        kept |= {ROLLING_SNAPSHOTS} if host.has(Role.ETCD) else set()
        kept |= {API_PROXY_OF_RKE} if node_of_rke(self.found(host)) and self.cluster.rke is None else set()
        there = self.found(host).containers
        names = (name for base in _OF_ROLES if base not in kept for name in (base, old_name(base)))
        return tuple(name for name in names if name in there and is_component(there[name]))


def _fault(found: ObservedObject) -> str:
    """Say what is not as wanted of an object."""
    if found.state is ObjectState.SAME:
        return f"applied, and does not work: {found.missing}"
    return f"{found.state} ({', '.join(found.changed)})" if found.changed else str(found.state)


def setting(configuration: Mapping[str, object], *keys: str) -> str:
    """Return a text of a remembered configuration, empty when there is none."""
    value: object = configuration
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""
