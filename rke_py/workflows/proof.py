"""Whether a state is the running cluster's: its keys are tried on the hosts' files, the API servers and etcd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from rke_py.cluster.model import Cluster, Role
from rke_py.errors import EtcdError
from rke_py.kube.interface import ClusterAccess
from rke_py.pki.inspect import certificates_in, key_matches
from rke_py.pki.inventory import KEPT
from rke_py.pki.names import API_PORT
from rke_py.pki.paths import certificate_path
from rke_py.plan.containers import HttpCheck, TcpCheck
from rke_py.plan.observed import ObservedHost
from rke_py.state.model import State
from rke_py.transport.parallel import for_each

_VERSION = HttpCheck(port=API_PORT, path="/version", ca="kube-ca", client="kube-admin")
_ENDED = replace(_VERSION, ended=True)
_PORT = TcpCheck(port=API_PORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What speaks for a state and what against it.

    Attributes:
        held: What was tried and fits.
        broken: What was tried and does not.
        untried: What could not be tried, and why.
        cluster_id: etcd's own id; empty when etcd did not answer.
    """

    held: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()
    cluster_id: str = ""


@dataclass(slots=True)
class _Findings:
    held: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    untried: list[str] = field(default_factory=list)


def prove(cluster: Cluster, state: State, hosts: Mapping[str, ObservedHost], access: ClusterAccess) -> Proof:
    """Try a state's keys on the running cluster, without changing anything.

    Args:
        cluster: The cluster as cluster.yml has it.
        state: The state; certificates that sign in to the API server and to etcd are in it.
        hosts: What a look at the hosts found.
        access: The cluster's APIs, asked with the state's own credentials.
    """
    findings = _Findings()
    findings.broken += _unpaired(state)
    _try_files(cluster, state, hosts, findings)
    _try_api(cluster, hosts, access, findings)
    cluster_id = _try_etcd(state, access, findings)
    return Proof(
        held=tuple(findings.held),
        broken=tuple(findings.broken),
        untried=tuple(findings.untried),
        cluster_id=cluster_id,
    )


def _unpaired(state: State) -> Iterator[str]:
    for name in sorted(KEPT & state.bundle.keys()):
        credential = state.bundle[name]
        if credential.key.get_secret_value() and not key_matches(credential):
            yield f"key and certificate of {name} do not belong together"


def _try_files(cluster: Cluster, state: State, hosts: Mapping[str, ObservedHost], findings: _Findings) -> None:
    """Compare the CA that components trust with the state's."""
    path, ours = certificate_path("kube-ca"), certificates_in(state.bundle["kube-ca"].certificate)
    same: list[str] = []
    others: list[str] = []
    for host in cluster.hosts:
        found = (hosts[host.name].files or {}).get(path)
        if found is not None:
            theirs = certificates_in(found.content.decode(errors="replace"))
            (same if theirs & ours else others).append(host.name)
    if same:
        findings.held.append(f"kube-ca is the one in {path} of {', '.join(same)}")
    if others:
        findings.broken.append(f"{path} of {', '.join(others)} is another CA")


def _try_api(cluster: Cluster, hosts: Mapping[str, ObservedHost], access: ClusterAccess, findings: _Findings) -> None:
    """Sign in to every API server: it shows what the state's CA signed, and takes what that signed."""
    names = [host.name for host in cluster.with_role(Role.CONTROLPLANE) if hosts[host.name].reachable]
    for name, found in for_each(names, lambda name: access.check(name, _VERSION)).items():
        if isinstance(found, BaseException):
            findings.untried.append(f"kube-apiserver of {name}: {found}")
        elif found.ok:
            findings.held.append(f"kube-ca signed what the kube-apiserver of {name} shows, and that takes kube-admin")
        elif access.check(name, _ENDED).ok:
            what = (
                f"kube-ca signed what the kube-apiserver of {name} shows, whose time is over, and that takes kube-admin"
            )
            findings.held.append(what)
        elif access.check(name, _PORT).ok:
            findings.broken.append(f"the kube-apiserver of {name} does not fit: {found.detail}")
        else:
            findings.untried.append(f"the kube-apiserver of {name} does not answer")


def _try_etcd(state: State, access: ClusterAccess, findings: _Findings) -> str:
    try:
        found = access.look_at_etcd()
    except EtcdError as error:
        findings.untried.append(f"etcd: {error}")
        return ""
    ours = state.etcd.cluster_id
    if not found.exists:
        findings.untried.append("etcd does not answer with the state's certificates")
    elif ours and found.cluster_id != ours:
        findings.broken.append(f"etcd's cluster id is {found.cluster_id}, the state's is {ours}")
    else:
        findings.held.append(f"etcd takes what its CA signed, and its cluster id is {found.cluster_id}")
    return found.cluster_id
