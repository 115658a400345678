"""Everything one host has to carry: its files and its containers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from rke_py.cluster.apiserver_model import ApiServer, Encryption
from rke_py.cluster.model import Cluster, Host, Role
from rke_py.pki.authority import signing_certificate
from rke_py.pki.distribution import Use, distribution, uses
from rke_py.pki.model import Bundle
from rke_py.plan.backup import schedule
from rke_py.plan.components.apiserver import (
    ADMISSION,
    AUDIT_BIND,
    AUDIT_POLICY,
    ENCRYPTION,
    WEBHOOK,
    kube_apiserver,
)
from rke_py.plan.components.controller_manager import SIGNING_CA, kube_controller_manager
from rke_py.plan.components.etcd import DATA_BIND, etcd, peer_url
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.components.haproxy import haproxy
from rke_py.plan.components.kube_proxy import kube_proxy
from rke_py.plan.components.kubelet import CREDENTIAL_PROVIDERS, REGISTRIES, kubelet
from rke_py.plan.components.kubelet import NAME as KUBELET
from rke_py.plan.components.scheduler import kube_scheduler
from rke_py.plan.components.snapshots import rolling_snapshots
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.conventions import CLOUD_CONFIG, FOLDER, FOLDER_BIND
from rke_py.plan.external_etcd import external_files
from rke_py.plan.files import FileSpec
from rke_py.plan.observed import HostFacts, Observed
from rke_py.plan.prefix import ROOT, bind_on_host, on_host, prefix_of
from rke_py.plan.rke.node import every_rke_container, rke_files
from rke_py.plan.rke.place import place
from rke_py.plan.start_limits import allowing_for_data
from rke_py.render.apiserver import admission_text, audit_text, webhook_text
from rke_py.render.credential_providers import credential_providers
from rke_py.render.haproxy import CLIENT_PATH as HAPROXY_CLIENT
from rke_py.render.haproxy import CONFIG_PATH as HAPROXY_CONFIG
from rke_py.render.haproxy import haproxy_config, notice_time
from rke_py.render.kubelet import CONFIG_PATH as KUBELET_CONFIG
from rke_py.render.kubelet import docker_config_json, kubelet_configuration
from rke_py.state.model import Machine, State

_OWN = frozenset({FOLDER_BIND, DATA_BIND, AUDIT_BIND})
"""The binds of folders that a prefix moves."""

_DELAY_STEP = 10
_PUBLIC = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePlan:
    """What a host has to carry.

    Attributes:
        files: In the order in which they are written: a key before its certificate.
        containers: In the order in which they are started.
        peer_url: Where the other etcd members reach this host's member.
    """

    host: Host
    files: tuple[FileSpec, ...]
    containers: tuple[ContainerSpec, ...]
    peer_url: str


def node_plans(cluster: Cluster, state: State, observed: Observed) -> Mapping[str, NodePlan]:
    """Return what each host has to carry, by name, as the machines were found; else as ``node_plan``."""
    plans = (
        node_plan(cluster, host, state, observed.hosts[host.name].facts, state.machines.get(host.name))
        for host in cluster.hosts
    )
    return {plan.host.name: with_time_for_data(plan, state, observed) for plan in plans}


def with_time_for_data(plan: NodePlan, state: State, observed: Observed) -> NodePlan:
    """Return the plan with an etcd that has the time which its database needs, as far as its size is known."""
    made = state.etcd.bootstrapped
    return replace(
        plan, containers=tuple(allowing_for_data(spec, observed.etcd, made=made) for spec in plan.containers)
    )


def node_plan(cluster: Cluster, host: Host, state: State, facts: HostFacts | None, machine: Machine | None) -> NodePlan:
    """Return what the host has to carry.

    Args:
        cluster: The cluster as wanted.
        host: One of its hosts.
        state: Gives the certificates, how Secrets are encrypted and the etcd cluster's token.
        facts: What Docker tells of the machine; None when it did not answer, which gives the usual values.
        machine: What the tools container once told; where it is None, Docker's cgroup driver stands for the runtime's.
    """
    cluster = _as_encrypted(cluster, state)
    used = uses(cluster, host, state.bundle)
    read = {path: use.readers for path, use in used.items()}
    certificates = tuple(_certificates(cluster, host, state.bundle, read))
    if cluster.rke is not None:
        specs = every_rke_container(place(cluster, cluster.rke, host, facts))
        files = (*certificates, *rke_files(cluster, host, state))
    else:
        signs = bool(state.bundle["kube-ca"].key.get_secret_value())
        specs = containers(cluster, host, state.etcd.token, facts, signs=signs)
        prefix = _prefix(cluster, facts)
        files = (
            *(_of_kubelet(file, read, prefix) for file in (*certificates, *_made_of(cluster, host, state.bundle))),
            *_encryption(host, state),
            *_schedule(cluster, host, state),
            *configuration(cluster, host, facts, machine),
        )
    return NodePlan(
        host=host, files=files, containers=tuple(_reading(spec, used) for spec in specs), peer_url=peer_url(host)
    )


def _as_encrypted(cluster: Cluster, state: State) -> Cluster:
    """Return the cluster with API servers that read the keys there are: they do until nothing is encrypted any more."""
    encryption = (cluster.api.encryption or Encryption()) if state.encryption else None
    return replace(cluster, api=replace(cluster.api, encryption=encryption))


def shutdown_delay(cluster: Cluster) -> int:
    """Return the seconds that a stopping API server goes on serving until every API proxy has noticed.

    In steps of ten seconds, or every few workers added to a large cluster would restart its API servers.
    """
    return math.ceil(notice_time(cluster) / _DELAY_STEP) * _DELAY_STEP


def containers(
    cluster: Cluster, host: Host, token: str, facts: HostFacts | None, *, signs: bool = True
) -> tuple[ContainerSpec, ...]:
    """Return the host's containers in the order in which they are started, without the certificates they read.

    Args:
        cluster: The cluster as wanted.
        host: One of its hosts.
        token: The etcd cluster's own.
        facts: What Docker tells of the machine; None gives the usual values.
        signs: Whether the cluster's CA has its key, so that the controller manager can sign requests.
    """
    prefix = _prefix(cluster, facts)
    every = _containers(cluster, host, token, facts, signs, prefix)
    return tuple(replace(_placed(spec, prefix), security_opt=_labels(spec, facts)) for spec in every)


def _prefix(cluster: Cluster, facts: HostFacts | None) -> PurePosixPath:
    return prefix_of(cluster, facts.operating_system if facts else "")


def _placed(spec: ContainerSpec, prefix: PurePosixPath) -> ContainerSpec:
    """Return the container with its own folders where they lie on the host; the user's binds are as he wrote them."""
    return replace(spec, binds=tuple(bind_on_host(bind, prefix) if bind in _OWN else bind for bind in spec.binds))


def _containers(
    cluster: Cluster, host: Host, token: str, facts: HostFacts | None, signs: bool, prefix: PurePosixPath
) -> Iterable[ContainerSpec]:
    if host.has(Role.ETCD):
        yield etcd(cluster, host, token)
        if cluster.backup.recurring:
            yield rolling_snapshots(cluster)
    if host.has(Role.CONTROLPLANE):
        yield kube_apiserver(cluster, host, shutdown_delay(cluster))
        yield kube_controller_manager(cluster, signs=signs)
        yield kube_scheduler(cluster)
    else:
        yield haproxy(cluster)
    yield kubelet(cluster, host, facts.cgroup_version if facts else 2, prefix)
    yield kube_proxy(cluster, host)


def _certificates(
    cluster: Cluster, host: Host, bundle: Bundle, read: Mapping[str, frozenset[str]]
) -> Iterable[FileSpec]:
    """Yield the certificates; etcd's own belong to its user, and its CA, which API servers read too, is open to all."""
    uid, gid = cluster.etcd_owner
    for path, text in distribution(cluster, host, bundle):
        file, names = FileSpec(path=path, content=text.encode()), read.get(path, frozenset())
        if cluster.rke is not None and not uid:
            yield file
        elif names == {ETCD}:
            yield replace(file, uid=uid, gid=gid)
        else:
            yield replace(file, mode=_PUBLIC) if ETCD in names else file


def _made_of(cluster: Cluster, host: Host, bundle: Bundle) -> Iterable[FileSpec]:
    """Yield what containers read that is put together from certificates."""
    if host.has(Role.CONTROLPLANE) and bundle["kube-ca"].key.get_secret_value():
        yield FileSpec(path=SIGNING_CA, content=signing_certificate(bundle["kube-ca"]).encode())
    if not host.has(Role.CONTROLPLANE):
        yield FileSpec(path=HAPROXY_CLIENT, content=_haproxy_client(bundle))


def _of_kubelet(file: FileSpec, read: Mapping[str, frozenset[str]], prefix: PurePosixPath) -> FileSpec:
    """Return the kubelet's kubeconfig with the certificates' places on the host, where the kubelet itself lives."""
    if prefix == ROOT or read.get(file.path, frozenset()) != {KUBELET} or not file.path.endswith(".yaml"):
        return file
    return replace(file, content=file.content.replace(f" {FOLDER}/".encode(), f" {on_host(FOLDER, prefix)}/".encode()))


def configuration(
    cluster: Cluster, host: Host, facts: HostFacts | None, machine: Machine | None
) -> tuple[FileSpec, ...]:
    """Return the host's files that cluster.yml decides; arguments as for ``node_plan``."""
    return tuple(_configuration(cluster, host, facts, machine))


def _configuration(
    cluster: Cluster, host: Host, facts: HostFacts | None, machine: Machine | None
) -> Iterable[FileSpec]:
    if host.has(Role.CONTROLPLANE):
        yield from _of_api_server(cluster.api)
        for path, content in external_files(cluster).items():
            yield FileSpec(path=path, content=content)
    else:
        yield FileSpec(path=HAPROXY_CONFIG, content=haproxy_config(cluster, host).encode(), secret=False)
    resolv_conf = machine.resolv_conf if machine else "/etc/resolv.conf"
    kubelet_yaml = kubelet_configuration(
        cluster, host, _cgroup_driver(facts, machine), resolv_conf, str(_prefix(cluster, facts))
    )
    yield FileSpec(path=KUBELET_CONFIG, content=kubelet_yaml.encode(), secret=False)
    registries = docker_config_json(cluster)
    if registries is not None:
        yield FileSpec(path=REGISTRIES, content=registries.encode())
    if providers := credential_providers(cluster):
        yield FileSpec(path=CREDENTIAL_PROVIDERS, content=providers.encode())
    if cloud := cluster.cloud.config.get_secret_value():
        yield FileSpec(path=CLOUD_CONFIG, content=cloud.encode(), secret=cluster.cloud.secret)


def _of_api_server(api: ApiServer) -> Iterable[FileSpec]:
    admission, audit = admission_text(api), audit_text(api)
    if admission is not None:
        yield FileSpec(path=ADMISSION, content=admission.encode(), secret=False)
    if audit is not None:
        yield FileSpec(path=AUDIT_POLICY, content=audit.encode(), secret=False)
    if api.webhook is not None:
        yield FileSpec(path=WEBHOOK, content=webhook_text(api.webhook).encode())


def _encryption(host: Host, state: State) -> Iterable[FileSpec]:
    """Yield the keys that Secrets are encrypted with; only API servers get them."""
    if state.encryption and host.has(Role.CONTROLPLANE):
        yield FileSpec(path=ENCRYPTION, content=state.encryption.encode())


def _schedule(cluster: Cluster, host: Host, state: State) -> Iterable[FileSpec]:
    """Yield when recurring snapshots are taken, and the keys of S3."""
    if cluster.backup.recurring and host.has(Role.ETCD):
        yield schedule(cluster, host, state)


def _haproxy_client(bundle: Bundle) -> bytes:
    """Return the API proxy's certificate and key in one text, as HAProxy wants it."""
    credential = bundle["kube-api-proxy"]
    return f"{credential.certificate.rstrip()}\n{credential.key.get_secret_value()}".encode()


def _cgroup_driver(facts: HostFacts | None, machine: Machine | None) -> str:
    """Return the driver of the runtime that the kubelet uses, as they have to agree."""
    if machine is not None:
        return "systemd" if machine.systemd_cgroup else "cgroupfs"
    return facts.cgroup_driver if facts else "systemd"


def _reading(spec: ContainerSpec, used: Mapping[str, Use]) -> ContainerSpec:
    """Return the container with its certificates among the files that it reads, watches, or takes up on a signal."""
    own = {path: use for path, use in used.items() if spec.name in use.readers}
    if spec.owns:
        alone = (path for path, use in used.items() if use.readers == {spec.name})
        spec = replace(spec, owns=(*spec.owns, *sorted(alone)))
    live = {path for path, use in own.items() if use.live}
    if spec.reload_signal:
        return replace(spec, reloads=tuple(sorted(own.keys() | set(spec.reloads))))
    return replace(
        spec,
        reads=tuple(sorted((own.keys() - live) | set(spec.reads))),
        watches=tuple(sorted(live | set(spec.watches))),
    )


def _labels(spec: ContainerSpec, facts: HostFacts | None) -> tuple[str, ...]:
    """Let a container read the host's files where SELinux confines containers; a privileged one is not confined."""
    options = facts.security_options if facts else ()
    selinux = any("selinux" in option for option in options)
    return ("label=disable",) if selinux and not spec.privileged else ()
