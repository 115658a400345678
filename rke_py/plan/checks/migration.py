"""Whether a cluster can leave RKE's own releases now: what cannot be carried over is named, with what to do instead.

What cluster.yml itself asks for and no release of the upstream family has (clouds that were part of Kubernetes,
plugins, flags, API versions) is found while it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from posixpath import normpath

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.plan.checks.migration_network import pod_network_problems
from rke_py.plan.checks.words import listed
from rke_py.plan.migration import api_server_of_ours
from rke_py.plan.observed import Observed
from rke_py.state.model import State

_STAYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("network.plugin", ("network", "plugin")),
    ("services.kube-api.service_cluster_ip_range", ("services", "kubeApi", "serviceClusterIpRange")),
    ("services.kube-controller.cluster_cidr", ("services", "kubeController", "clusterCidr")),
    ("services.kubelet.cluster_domain", ("services", "kubelet", "clusterDomain")),
    ("services.kubelet.cluster_dns_server", ("services", "kubelet", "clusterDnsServer")),
    ("dns.provider", ("dns", "provider")),
    ("ingress.provider", ("ingress", "provider")),
    ("monitoring.provider", ("monitoring", "provider")),
)
"""What is the same before and after; RKE's defaults of some of them are not those of the upstream family."""

_OF_RKE = re.compile(
    r"(^|/)(hyperkube:|rke-tools:|rancher/(flannel-cni|calico-cni|nginx-ingress-controller):)|:.*-rancher\d"
)
"""Images that RKE's makers built for it; their copies of others' (``rancher/mirrored-…``) are those others'."""

_REMOVED_PLUGINS = ("PodSecurityPolicy", "SecurityContextDeny", "PersistentVolumeLabel", "DenyEscalatingExec")


def migration_problems(cluster: Cluster, state: State, observed: Observed) -> Iterator[Problem]:
    """Name what keeps a cluster of RKE's from the upstream family, in a run that would take it there."""
    if not cluster.migrating:
        return
    yield from _not_taken_over(state)
    yield from _under_way(state, observed)
    yield from _settings(state)
    yield from pod_network_problems(cluster, state, observed)
    yield from _images(cluster)
    yield from _plugins(cluster)
    yield from _binds(cluster)
    yield from _hosts(cluster, observed)
    yield from _others(observed)


def _not_taken_over(state: State) -> Iterator[Problem]:
    if state.taken_over is None:
        version = state.configuration.get("kubernetesVersion")
        hint = f"Set kubernetes_version: {version}, run rke-py up, which changes nothing by itself, and go on then."
        yield Problem(
            where="kubernetes_version", what="RKE made this cluster, and it was not taken over yet", hint=hint
        )


def _under_way(state: State, observed: Observed) -> Iterator[Problem]:
    """Find what is to be finished before, as long as it can be.

    A restore begins a change of the encryption, half way too. Nobody goes back to RKE's releases once an API server
    is ours, so it goes on with the rest.
    """
    begun = any(map(api_server_of_ours, observed.hosts.values()))
    for change, command in (
        (state.rotation, "rke-py cert rotate"),
        (None if begun else state.encryption_change, "rke-py up, with kubernetes_version as it was"),
    ):
        if change is not None:
            yield Problem(where="", what=f"another change is not done yet: {change}", hint=f"Do that first: {command}")


def _settings(state: State) -> Iterator[Problem]:
    """Find settings that would change with the version, be it because their default is another one."""
    for key, path in _STAYS:
        before, after = _at(state.configuration, path), _at(state.desired, path)
        if before and before != after:
            what = f"it is {before} now and would become {after or 'nothing'}"
            hint = f"Write {key}: {before}. Change it later, in a run of its own, where it can be changed at all."
            yield Problem(where=key, what=what, hint=hint)


def _at(document: Mapping[str, object], path: tuple[str, ...]) -> str:
    value: object = document
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def _images(cluster: Cluster) -> Iterator[Problem]:
    images = asdict(cluster.images)
    held = [f"{key}: {image}" for key, image in images.items() if _OF_RKE.search(image)]
    if held:
        yield Problem(
            where="system_images",
            what=f"these images are RKE's own, and Kubernetes {cluster.version} does not run in them: {listed(held)}",
            hint="Remove them; where there is a private registry name it in private_registries, with is_default. What "
            f"has to be in it: rke-py config images --kubernetes-version {cluster.version}",
        )


def _plugins(cluster: Cluster) -> Iterator[Problem]:
    """Find admission plugins that Kubernetes does not have any more: with one of them an API server does not start."""
    for flag, values in cluster.services.kube_api.flags.items():
        if flag not in ("enable-admission-plugins", "disable-admission-plugins"):
            continue
        named = {plugin.strip() for value in values for plugin in value.split(",")}
        for plugin in sorted(named & set(_REMOVED_PLUGINS)):
            yield Problem(
                where=f"services.kube-api.extra_args.{flag}",
                what=f"the admission plugin {plugin} is no part of Kubernetes {cluster.version}",
                hint="Take it out of the list. Pods are judged by the labels pod-security.kubernetes.io/… of their "
                "namespace; for all of them there is services.kube-api.pod_security_configuration.",
            )


def _binds(cluster: Cluster) -> Iterator[Problem]:
    """Find what the kubelet would not have any more under its name: ours lives among the host's own mounts."""
    for bind in cluster.services.kubelet.extra_binds:
        source, _, rest = bind.partition(":")
        target = rest.partition(":")[0] or source
        if normpath(source) != normpath(target):
            yield Problem(
                where="services.kubelet.extra_binds",
                what=f"the kubelet of Kubernetes {cluster.version} sees the host's {target}, not {source} in its place",
                hint=f"Have it at {target} on the host itself (copied, or with mount --bind), and take {bind} out.",
            )


def _hosts(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    """Find hosts that come, go or change meanwhile, and those without which nobody can go on."""
    for host in cluster.hosts:
        there = observed.hosts[host.name]
        if not there.reachable and not host.only_worker:
            what = "it has etcd or the control plane, does not answer, and would stay with RKE's containers"
            yield Problem(where=host.name, what=what, hint="Bring it back, or take it out of cluster.yml before.")
        if host.carried and host.carried != host.roles:
            roles = ", ".join(sorted(host.carried))
            hint = f"Give it its roles back ({roles}) until every host has left RKE's releases."
            yield Problem(
                where=host.name, what="it changes its roles while the cluster leaves RKE's releases", hint=hint
            )
        elif not host.carried:
            hint = "Let it join before, or once every host has left RKE's releases."
            yield Problem(where=host.name, what="it joins while the cluster leaves RKE's releases", hint=hint)
    for host in cluster.leaving:
        if observed.leaving[host.name].reachable:
            hint = "Let it leave before, or once every host has left RKE's releases."
            yield Problem(where=host.name, what="it leaves while the cluster leaves RKE's releases", hint=hint)


def _others(observed: Observed) -> Iterator[Problem]:
    """Find nodes that nobody here can take along: of Windows."""
    for name, node in observed.nodes.items():
        if node.labels.get("kubernetes.io/os") == "windows":
            hint = "Take it out of the cluster before: move its pods to Linux, or to a cluster of another tool."
            yield Problem(where=name, what="it runs Windows, for which there are no images of ours", hint=hint)
