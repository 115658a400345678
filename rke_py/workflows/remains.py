"""What a cluster itself has of its state: the copy in it, and the files on its hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Self

from rke_py.catalog.order import order, order_of
from rke_py.cluster.model import Cluster
from rke_py.errors import ApiError, PreflightError, StateError, UsageError
from rke_py.kube.interface import ClusterAccess
from rke_py.observe.hosts import look_at_hosts
from rke_py.pki.gather import ETCD_OPERATOR, gathered, of_one_file
from rke_py.pki.inspect import certificates_in, key_matches
from rke_py.pki.inventory import KEPT
from rke_py.pki.issue import Own, issue
from rke_py.pki.keys import generate_key
from rke_py.pki.migration import with_etcd_authority
from rke_py.pki.model import Bundle
from rke_py.plan.checks.recovering import recovering_problems
from rke_py.plan.components.apiserver import ENCRYPTION
from rke_py.plan.components.snapshots import STATE as SNAPSHOT_STATE
from rke_py.plan.conventions import NAME_LABEL
from rke_py.plan.migration import api_server_of_rke
from rke_py.plan.observed import ObservedHost
from rke_py.plan.origin import as_hosts_tell, release_of_rke
from rke_py.render.haproxy import CLIENT_PATH as API_PROXY_PATH
from rke_py.state.cluster_copy import CopyHeader, read_copy
from rke_py.state.codec import written_by_rke
from rke_py.state.earlier import unknown, with_forgotten, with_keys
from rke_py.state.lineage import lineage_of
from rke_py.state.model import EtcdRecord, State
from rke_py.state.nodes import remembered_nodes
from rke_py.workflows.certificates import API_PROXY
from rke_py.workflows.context import Context
from rke_py.workflows.credentials import known_bundle
from rke_py.workflows.freshness import header_of, next_serial
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.proof import Proof, prove
from rke_py.workflows.secrecy import secrets_of

_NO_FILES = "Bring a control plane host back, or put back a backup of the state."


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A state that was made again; ``missing`` says in words what it may lack."""

    state: State
    missing: tuple[str, ...] = ()


class Remains:
    """The hosts and APIs of a cluster while its state is made again; nothing is changed there.

    Args:
        context: Where cluster.yml is and how hosts are reached.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stack = ExitStack()
        self._asked = load_cluster(context.config, text=context.text)

    def __enter__(self) -> Self:
        self._fleet = self._stack.enter_context(self._context.edges.fleet(self.cluster, self._context))
        self._hosts: Mapping[str, ObservedHost] = look_at_hosts(self.cluster.hosts, self._fleet, self._context.skip)
        self._asked = replace(self._asked, cluster=as_hosts_tell(self.cluster, self._hosts.values()))
        files = {
            name: {path: file.content for path, file in (host.files or {}).items()}
            for name, host in self._hosts.items()
        }
        self._gathered = {**gathered(self.cluster, files), **self._of_api_proxies()}
        self._context.protect(found.key.get_secret_value() for found in self._gathered.values())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def cluster(self) -> Cluster:
        """The cluster as cluster.yml has it, and whether RKE made it as its hosts tell."""
        return self._asked.cluster

    @property
    def version(self) -> str | None:
        """The version that cluster.yml asks for; None where it names none, so that the cluster keeps its own."""
        return self._asked.loaded.config.kubernetes_version

    def refuse_unlike(self) -> None:
        """Raise PreflightError where cluster.yml has other names or addresses of hosts than the running cluster."""
        authority = self._gathered["kube-ca"].certificate if "kube-ca" in self._gathered else ""
        problems = tuple(recovering_problems(self.cluster, authority, self._hosts))
        if problems:
            what = f"{self._context.config.name} does not name the running cluster's hosts as it has them"
            hint = "What is meant to change is changed once the state is there again."
            raise PreflightError(f"{what}; nothing was written", problems, hint=hint)

    def access(self, bundle: Bundle) -> ClusterAccess:
        """Return the cluster's APIs, asked with these credentials."""
        return self._stack.enter_context(self._context.edges.access(self.cluster, self._fleet, lambda: bundle))

    def signed_in(self) -> ClusterAccess:
        """Return the cluster's APIs with whatever signs in: what lies beside cluster.yml, else the CA's key of a host.

        Raises:
            ApiError: No API server answers, or none takes them.
            StateError: There are no credentials at all.
        """
        for bundle in self._credentials():
            access = self.access(bundle)
            if access.api.ready():
                return access
        raise ApiError("no API server answers, or none takes the credentials that are here")

    def copy(self, access: ClusterAccess) -> bytes:
        """Return the copy of the state in the cluster; raises StateError when there is none."""
        content = access.api.read_copy()
        if content is None:
            raise StateError("there is no copy of the state in the cluster (Secret kube-system/full-cluster-state)")
        return content

    def of_copy(self, content: bytes, have: State | None) -> Made:
        """Return the state of a copy, with the certificates that hosts carry in place of those that it leaves out.

        RKE's copy leaves none out, and may be older than they are: RKE goes on where it cannot write one. It knows no
        keys of earlier: those of the file that it takes the place of are kept.
        """
        state = read_copy(content, self._context.state_key)
        there = {name: found for name, found in self._gathered.items() if name != ETCD_OPERATOR}
        newer = {name: found for name, found in there.items() if name not in KEPT} if written_by_rke(content) else {}
        bundle = self._whole({**there, **state.bundle, **newer}, state.supplied)
        made = replace(state, bundle=bundle, applied=bundle, serial=next_serial(state.serial, _serial(have)))
        return Made(state=with_keys(made, (have,) if have and have.lineage == made.lineage else ()))

    def of_hosts(self, have: State | None, snapshot: State | None = None) -> Made:
        """Return a state made of the hosts' files; the cluster takes it for its own, only newer.

        What earlier states of it know and no host has is kept: CAs' keys, keys that snapshots need, forgotten hosts.

        Args:
            have: The file that it takes the place of; one of another cluster gives nothing.
            snapshot: A state of an earlier time, for the keys that no host has.

        Raises:
            StateError: No host has the CA, API servers encrypt with other keys than one another, or the snapshot's
                state is of another CA.
        """
        if snapshot and not self._has_ca_of(snapshot):
            what = "the state beside the snapshot is of another CA than the cluster's hosts"
            raise StateError(what, evidence=self._silent(), hint=_NO_FILES)
        earlier = self._earlier(have, snapshot)
        before = snapshot or (earlier[-1] if earlier else State(lineage=""))
        bundle: Bundle = self._gathered
        for each in earlier:
            bundle = _with_keys_of(each, bundle)
        bundle = self._whole(bundle, before.supplied)
        header, running = self._known_to_the_cluster(bundle)
        version = release_of_rke(self.cluster, self._hosts.values(), running) or running
        remembered = {**self._asked.remembered, **({"kubernetesVersion": version} if version else {})}
        carrying = [node.entry for node in remembered_nodes(remembered) if self._carries(node.name)]
        encryption = self._encryption()
        lineage = self._lineage(header, bundle, before.lineage)
        state = State(
            encryption=encryption,
            lineage=lineage,
            serial=next_serial(max(header.serial if header else 0, before.serial), _serial(have)),
            supplied=before.supplied,
            bundle=bundle,
            applied=bundle,
            desired=remembered,
            configuration=remembered,
            etcd=EtcdRecord(token=self._context.random_id(), bootstrapped=True),
            taken_over=self._context.clock.now() if self.cluster.made_by_rke and self.cluster.rke is None else None,
        )
        if have and have.lineage == lineage and have not in earlier:
            earlier.append(have)
        made = with_forgotten(with_keys(state.with_hosts(carrying), earlier), earlier)
        return Made(state=made, missing=tuple(unknown(made, earlier)))

    def proof(self, state: State) -> Proof:
        """Try a state on the running cluster."""
        self._context.protect(secrets_of(state, self._asked.loaded.config))
        return prove(self.cluster, state, self._hosts, self.access(state.bundle))

    def _earlier(self, have: State | None, snapshot: State | None) -> list[State]:
        """Return the states of the CA on the hosts that are at hand, the snapshot's first, else the oldest."""
        known = sorted((*self._kept_for_snapshots(), *((have,) if have else ())), key=lambda state: state.serial)
        return [state for state in (*((snapshot,) if snapshot else ()), *known) if self._has_ca_of(state)]

    def _kept_for_snapshots(self) -> Iterator[State]:
        """Yield the states that lie, encrypted, on members' hosts for recurring snapshots, where the key opens them."""
        files = (host.files or {} for host in self._hosts.values())
        contents = dict.fromkeys(there[SNAPSHOT_STATE].content for there in files if SNAPSHOT_STATE in there)
        for content in contents if self._context.state_key else ():
            with suppress(StateError):
                yield read_copy(content, self._context.state_key)

    def _has_ca_of(self, state: State) -> bool:
        return bool(_certificates(self._gathered, "kube-ca") & _certificates(state.bundle, "kube-ca"))

    def _silent(self) -> list[str]:
        return [str(host.fault) for host in self._hosts.values() if host.fault]

    def _of_api_proxies(self) -> Bundle:
        texts = (_text_of(host, API_PROXY_PATH) for host in self._hosts.values())
        found = next((own for text in texts if (own := of_one_file(API_PROXY, text))), None)
        return {API_PROXY: found} if found and self.cluster.rke is None else {}

    def _credentials(self) -> Iterator[Bundle]:
        with suppress(UsageError):
            yield known_bundle(self._context)
        yield self._whole(self._gathered)

    def _whole(self, bundle: Bundle, supplied: frozenset[str] = frozenset()) -> Bundle:
        """Return every certificate that the cluster needs, those that are right as they are."""
        if "kube-ca" not in bundle:
            raise StateError("no host that answers has the cluster's CA", evidence=self._silent(), hint=_NO_FILES)
        own = Own(before=supplied, exists=True)
        existing = with_etcd_authority(self.cluster, bundle)
        made = issue(self.cluster, existing, now=self._context.clock.now(), new_key=generate_key, own=own)
        return made.bundle

    def _lineage(self, header: CopyHeader | None, bundle: Bundle, before: str) -> str:
        """Return that of our copy in the cluster, else that of before, else what an adoption of RKE's would give."""
        if header is not None and not header.by_rke:
            return header.lineage
        if before:
            return before
        return lineage_of(bundle["kube-ca"].certificate) if self.cluster.made_by_rke else self._context.random_id()

    def _encryption(self) -> str:
        """Return with what API servers encrypt Secrets; raises StateError where they do not agree.

        RKE's writes a line's end behind what its state has.
        """
        found = {
            name: text.removesuffix("\n") if api_server_of_rke(host) else text
            for name, host in self._hosts.items()
            if (text := _text_of(host, ENCRYPTION))
        }
        if len({text.rstrip("\n") for text in found.values()}) > 1:
            what = f"the API servers' {ENCRYPTION} differ, so nobody can tell which keys are needed"
            raise StateError(
                what, evidence=sorted(found), hint="Finish the change of keys with the state that began it."
            )
        return next(iter(found.values()), "")

    def _carries(self, name: str) -> bool:
        return any(NAME_LABEL in found.spec.labels for found in self._hosts[name].containers.values())

    def _known_to_the_cluster(self, bundle: Bundle) -> tuple[CopyHeader | None, str]:
        """Return whose copy the cluster keeps, readable or not, and the oldest version that its nodes run.

        Raises:
            StateError: A later release of rke-py wrote the copy.
        """
        api = self.access(bundle).api
        with suppress(ApiError):
            if api.ready():
                versions = (node.kubelet_version for node in api.nodes().values())
                return header_of(api.read_copy()), min(filter(order, versions), key=order_of, default="")
        return None, ""


def _with_keys_of(state: State, there: Bundle) -> Bundle:
    """Return what hosts have, with private keys of a state of an earlier time that belong to what they have.

    Certificates that were rotated since are the hosts': nothing works any more with what was before.
    """
    then = {name: state.bundle[name] for name in KEPT & state.bundle.keys()}
    paired = {name: replace(there.get(name, kept), key=kept.key) for name, kept in then.items()}
    needed = {name: found for name, found in paired.items() if name not in there or not key_matches(there[name])}
    return {**there, **{name: found for name, found in needed.items() if key_matches(found)}}


def _text_of(host: ObservedHost, path: str) -> str:
    found = (host.files or {}).get(path)
    return found.content.decode() if found else ""


def _certificates(bundle: Bundle, name: str) -> frozenset[str]:
    return certificates_in(bundle[name].certificate) if name in bundle else frozenset()


def _serial(state: State | None) -> int:
    return state.serial if state else 0
