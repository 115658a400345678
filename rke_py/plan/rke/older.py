"""What RKE left: containers in the forms that older releases gave them, files that it wrote over and over.

Whoever runs in an older form is left alone.

The state does not tell which RKE made a cluster. RKE itself makes such a container anew at its next ``up``; here it
keeps its form until it has to be replaced for a reason of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rke_py.pki.encoded import encoded_by_rke
from rke_py.plan.arguments import flag_name
from rke_py.plan.compare import differences
from rke_py.plan.containers import ContainerSpec, FoundContainer
from rke_py.plan.external_etcd import EXTERNAL_FILES
from rke_py.plan.files import FileSpec, FoundFile
from rke_py.plan.node import NodePlan
from rke_py.plan.observed import ObservedHost
from rke_py.plan.rke.azure import as_completed, is_completed
from rke_py.plan.rke.components.apiserver import ADMISSION_FILE
from rke_py.plan.rke.components.apiserver import NAME as API_SERVER
from rke_py.plan.rke.components.snapshots import NAME as ROLLING_SNAPSHOTS
from rke_py.plan.rke.shape import OWN_TYPE
from rke_py.state.model import State

_ADMISSION_FLAG = "admission-control-config-file"
_ADMISSION, _ARCHITECTURE = "RKE_ADMISSION_CONFIG_CHECKSUM", "ETCD_UNSUPPORTED_ARCH"

_LATER_FLAGS: Mapping[str, frozenset[str]] = {
    "etcd": frozenset({"cipher-suites"}),
    API_SERVER: frozenset({_ADMISSION_FLAG}),
    "kube-controller-manager": frozenset({"authentication-kubeconfig", "authorization-kubeconfig"}),
    "kube-scheduler": frozenset({"authentication-kubeconfig", "authorization-kubeconfig"}),
}
"""Flags that RKE passes since 1.2.8, 1.4.4 (unless ``event_rate_limit`` is enabled) and 1.3.3."""

_HOSTNAME = "hostname-override"
_EARLIER_FLAGS: Mapping[str, frozenset[str]] = {
    "kubelet": frozenset({"container-runtime"}),
    "kube-proxy": frozenset({_HOSTNAME}),
}
"""Flags that RKE does not pass any more: since 1.4.15 for Kubernetes v1.27 and later, and since 1.3.19 and 1.4.3 where
nodes take their names from the cloud."""

_STREAMS = {
    "CRIDOCKERD_STREAM_SERVER_ADDRESS": ("criDockerdStreamServerAddress",),
    "CRIDOCKERD_STREAM_SERVER_PORT": ("criDockerdStreamServerPort",),
}
_LATER_VARIABLES = frozenset({_ADMISSION, "RKE_KUBELET_CRIDOCKERD_DUALSTACK", *_STREAMS})
"""Variables that RKE sets since 1.5.9, 1.5.0, and 1.5.13 and 1.6.2."""

_NEWER_VARIABLES = frozenset({"RKE_KUBE_PROXY_BR_NETFILTER"})
"""Variables of RKE's last releases, from March 2025 on: kube-proxy loads a module of the kernel that networks need."""

_KEYS: Mapping[str, tuple[str, ...]] = _STREAMS | {_HOSTNAME: ("cloudProvider", "useInstanceMetadataHostname")}
"""The keys of what may be there because cluster.yml begins to ask for it."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_OTHERWISE = frozenset({_ARCHITECTURE})
"""Variables whose value older ones took elsewhere: RKE 1.2 gave all members that of the first one's machine."""


def left_by_rke(plan: NodePlan, host: ObservedHost, edited: frozenset[str] = frozenset()) -> NodePlan:
    """Return what a host has to carry, with its containers in the forms in which an older RKE left them there.

    The file of an API server that is not told to read it comes with the form that is.

    Args:
        plan: What the host has to carry.
        host: As it was found.
        edited: Flags and variables that cluster.yml asks for anew: who lacks them has no older form.
    """
    containers = tuple(_as_left(spec, host.containers.get(spec.name), edited) for spec in plan.containers)
    unread = any(spec.name == API_SERVER and not _reads_admission(spec) for spec in containers)
    return replace(
        plan,
        containers=tuple(_without_admission(spec) for spec in containers) if unread else containers,
        files=tuple(
            _as_written(file, plan.containers, host)
            for file in plan.files
            if not (unread and file.path == ADMISSION_FILE)
        ),
    )


def asked_anew(state: State) -> frozenset[str]:
    """Return the flags and variables whose keys were edited since the cluster was taken over.

    Of what RKE left nobody can tell: it wrote down no key that it did not know.
    """
    if state.taken_over is None:
        return frozenset()
    return frozenset(name for name, path in _KEYS.items() if _at(state.configuration, path) != _at(state.desired, path))


def _at(document: Any, path: tuple[str, ...]) -> object:
    for key in path:
        document = (document or {}).get(key)
    return document or None


def with_files_of_rke(host: ObservedHost, taken_over: datetime | None) -> ObservedHost:
    """Return a host with files that are no newer than its containers where it was RKE that wrote them.

    RKE writes all of them again whenever one has to be written, and restarts only who reads that one: what they hold
    counts, and their times say nothing. Nor does the time of one that its containers write again at each start.

    Args:
        host: As observed.
        taken_over: When rke-py began to write them, by our clock; None when it has not.
    """
    offset = host.facts.clock_offset if host.facts else timedelta()
    files = {
        path: file if _is_ours(file, host, taken_over and taken_over + offset) else replace(file, modified=_LONG_AGO)
        for path, file in (host.files or {}).items()
    }
    return replace(host, files=files if host.files is not None else None)


def _is_ours(file: FoundFile, host: ObservedHost, since: datetime | None) -> bool:
    return since is not None and file.modified > since and not is_completed(file.path, host)


def _as_written(want: FileSpec, wanted: Iterable[ContainerSpec], host: ObservedHost) -> FileSpec:
    """Return a file as RKE and its containers left it, where that is what cluster.yml still says.

    RKE encodes the owner's certificate and key for his etcd anew, and its containers complete Azure's settings.
    """
    if is_completed(want.path, host):
        return replace(want, content=as_completed(want, wanted, host))
    there = (host.files or {}).get(want.path)
    if want.path not in EXTERNAL_FILES or there is None or there.content == want.content:
        return want
    return replace(want, content=there.content) if there.content in encoded_by_rke(want.content) else want


def _reads_admission(spec: ContainerSpec) -> bool:
    return any(flag_name(word) == _ADMISSION_FLAG for word in (*spec.entrypoint, *spec.command))


def _without_admission(spec: ContainerSpec) -> ContainerSpec:
    return replace(spec, reads=tuple(path for path in spec.reads if path != ADMISSION_FILE))


def _as_left(want: ContainerSpec, found: FoundContainer | None, edited: frozenset[str]) -> ContainerSpec:
    if found is None or not differences(want, found):
        return want
    want = replace(want, env=(*want.env, *_kept(want, found.spec)))
    older = _older(want, found.spec, edited)
    return want if differences(older, found) else older


def _kept(want: ContainerSpec, have: ContainerSpec) -> Iterable[str]:
    """Yield variables of newer releases, which stay even where the container is made anew."""
    given = set(map(_variable, want.env))
    return (text for text in have.env if (name := _variable(text)) in _NEWER_VARIABLES and name not in given)


def _older(want: ContainerSpec, have: ContainerSpec, edited: frozenset[str]) -> ContainerSpec:
    return replace(
        want,
        image=_image(want, have),
        entrypoint=_flags(want.name, want.entrypoint, have.entrypoint, edited),
        command=_flags(want.name, want.command, have.command, edited),
        env=tuple(_variables(want.env, have.env, edited)),
        binds=tuple(_as_found(want.binds, have.binds, _bare)),
        security_opt=tuple(text for text in want.security_opt if text != OWN_TYPE or text in have.security_opt),
    )


def _image(want: ContainerSpec, have: ContainerSpec) -> str:
    """Return RKE's tools as they were found where RKE takes the tag of its own default version's."""
    same = want.image.rpartition(":")[0] == have.image.rpartition(":")[0]
    return have.image if same and want.name == ROLLING_SNAPSHOTS else want.image


def _flags(name: str, wanted: tuple[str, ...], there: tuple[str, ...], edited: frozenset[str]) -> tuple[str, ...]:
    names = set(map(flag_name, there))
    later, earlier = _LATER_FLAGS.get(name, frozenset()), _EARLIER_FLAGS.get(name, frozenset()) - edited
    kept = (word for word in wanted if flag_name(word) in names or flag_name(word) not in later)
    return (*kept, *(word for word in there if flag_name(word) in earlier and word not in wanted))


def _variables(wanted: tuple[str, ...], there: tuple[str, ...], edited: frozenset[str]) -> Iterable[str]:
    found = {_variable(text): text for text in there}
    for text in _as_found(wanted, there, str.strip):
        name = _variable(text)
        if name in found or name not in _LATER_VARIABLES - edited:
            yield found[name] if name in found and name in _OTHERWISE else text


def _as_found(wanted: tuple[str, ...], there: tuple[str, ...], form: Callable[[str], str]) -> Iterable[str]:
    """Yield the wanted texts as they were found, where only their form differs; older ones did not trim them."""
    found = {form(text): text for text in there}
    return (found.get(form(text), text) for text in wanted)


def _variable(text: str) -> str:
    return text.strip().partition("=")[0]


def _bare(bind: str) -> str:
    """Return a bind without relabelling for SELinux, which RKE asked for until 1.3.3, and without white space."""
    return bind.strip().removesuffix(":z").removesuffix(",z")
