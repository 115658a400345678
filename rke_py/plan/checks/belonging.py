"""Whether what the hosts carry is this cluster's: a cluster that the state does not know is never built over."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from yaml import YAMLError

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.errors import Problem
from rke_py.pki.encryption import keys_of
from rke_py.pki.inspect import certificates_in
from rke_py.pki.paths import certificate_path
from rke_py.pki.rotation import authorities
from rke_py.plan.checks.words import listed
from rke_py.plan.components.apiserver import ENCRYPTION
from rke_py.plan.components.etcd import DATA, NAME, peer_url
from rke_py.plan.conventions import NAME_LABEL
from rke_py.plan.encryption import known_keys
from rke_py.plan.observed import Observed, ObservedHost
from rke_py.plan.prefix import on_host, prefix_of
from rke_py.state.model import State

_WAYS_OUT = (
    "No new certificate authority is made beside it. Ways out: put this cluster's cluster.rkestate back beside "
    "cluster.yml (its older generations, cluster.rkestate.1 and on, lie there too); make it again from what the "
    "cluster has: rke-py state recover; or, when that cluster is to go, `rke-py remove` with its own "
    "files."
)


def belonging_problems(cluster: Cluster, state: State, observed: Observed) -> Iterable[Problem]:
    """Name what the hosts carry and the state cannot explain."""
    for host in cluster.hosts:
        there = observed.hosts[host.name]
        yield from _foreign_containers(host, there, state)
        prefix = _prefix(cluster, there)
        yield from _foreign_authority(there, state, prefix)
        yield from _foreign_data(host, there, state, observed, prefix)
        yield from _unknown_keys(there, state)
    yield from _foreign_etcd(state, observed)


def foreign_authorities(cluster: Cluster, state: State, observed: Observed) -> Iterable[Problem]:
    """Name the hosts that carry another CA than the state's."""
    for host in cluster.hosts:
        there = observed.hosts[host.name]
        yield from _foreign_authority(there, state, _prefix(cluster, there))


def _prefix(cluster: Cluster, there: ObservedHost) -> PurePosixPath:
    return prefix_of(cluster, there.facts.operating_system if there.facts is not None else "")


def _foreign_containers(host: Host, there: ObservedHost, state: State) -> Iterable[Problem]:
    """Find components although the state says that no cluster was made.

    Before etcd is made nothing runs; the host that makes it is written down before its member starts.
    """
    if state.etcd.bootstrapped:
        return
    own = {NAME} if host.name == state.etcd.first else set[str]()
    names = sorted(name for name, found in there.containers.items() if NAME_LABEL in found.spec.labels)
    foreign = [name for name in names if name not in own]
    if foreign:
        what = f"it carries a cluster that the state does not know: {listed(foreign)}"
        yield Problem(where=host.name, what=what, hint=_WAYS_OUT)


def _foreign_authority(there: ObservedHost, state: State, prefix: PurePosixPath) -> Iterable[Problem]:
    """Find another cluster's CA; during a rotation a file holds two of them, and one has to be ours.

    While one that ended is replaced, that one is ours too. A file without any certificate is nobody's: a full disk or
    a power cut damaged it, and it is written anew.
    """
    found = (there.files or {}).get(certificate_path("kube-ca"))
    if found is None or "kube-ca" not in state.bundle:
        return
    theirs = certificates_in(found.content.decode(errors="replace"))
    if theirs and not theirs & authorities(state.bundle, state.rotation):
        what = f"{on_host(found.path, prefix)} is not this cluster's: the host belongs to another one"
        yield Problem(where=there.name, what=what, hint=_WAYS_OUT)


def _foreign_data(
    host: Host, there: ObservedHost, state: State, observed: Observed, prefix: PurePosixPath
) -> Iterable[Problem]:
    """Find etcd data on a machine that never was, or is no longer, a member: joining would delete it."""
    if not host.has(Role.ETCD) or there.deep is None or not there.deep.etcd_data or NAME in there.containers:
        return
    if state.etcd.bootstrapped:
        known = {url for member in observed.etcd.members for url in member.peer_urls}
        foreign = observed.etcd.exists and peer_url(host) not in known
    else:
        foreign = host.name != state.etcd.first
    if foreign:
        data = on_host(DATA, prefix)
        what = f"{data} holds data of an etcd that is not this cluster's"
        aside = f"If it is not needed any more: mv {data}/member {data}/member.old"
        hint = aside if state.etcd.bootstrapped else f"{_WAYS_OUT} {aside}"
        yield Problem(where=host.name, what=what, hint=hint)


def _unknown_keys(there: ObservedHost, state: State) -> Iterable[Problem]:
    """Find keys that Secrets may be encrypted with and that the state does not have: its file would replace them."""
    found = (there.files or {}).get(ENCRYPTION)
    if found is None or not state.etcd.bootstrapped:
        return
    try:
        theirs = {key for keys in keys_of(found.content.decode(errors="replace")).values() for key in keys}
    except YAMLError:
        return  # damaged, so no API server starts with it
    unknown = sorted(key.name or key.provider for key in theirs - known_keys(state))
    if unknown:
        what = f"{ENCRYPTION} has what Secrets may be encrypted with, and the state does not know it: {listed(unknown)}"
        hint = (
            "Nothing was written over it: without that key the Secrets are lost. Put the cluster.rkestate back that "
            "knows it, or make the state from the hosts: rke-py state recover"
        )
        yield Problem(where=there.name, what=what, hint=hint)


def _foreign_etcd(state: State, observed: Observed) -> Iterable[Problem]:
    ours = state.etcd.cluster_id
    told = {observed.etcd.cluster_id, *(member.cluster_id for member in observed.external_etcd)} - {"", ours}
    for found in sorted(told) if ours else ():
        yield Problem(where="", what=f"etcd's cluster id is {found}, this cluster's is {ours}", hint=_WAYS_OUT)
