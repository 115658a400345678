"""Who made a cluster, as the containers on its hosts tell: what a lost state has to know again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rke_py.catalog.order import order, order_of, version_in_tag
from rke_py.catalog.rke import RELEASE_MARK, releases_reporting
from rke_py.cluster.model import Cluster
from rke_py.cluster.origin import with_origin
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.components.apiserver import takes_tokens_of_rke
from rke_py.plan.containers import FoundContainer
from rke_py.plan.migration import of_rke
from rke_py.plan.observed import ObservedHost
from rke_py.plan.reconcile import old_name

_OF_KUBERNETES = (API_SERVER, "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")


def as_hosts_tell(cluster: Cluster, hosts: Iterable[ObservedHost]) -> Cluster:
    """Return the cluster with whether RKE made it, and whether it is on its way out of RKE's releases."""
    seen = tuple(hosts)
    beside = any(of_rke(found) for host in seen for found in host.containers.values())
    servers = (host.containers[API_SERVER] for host in seen if API_SERVER in host.containers)
    return with_origin(cluster, runs_rke=beside, made_by_rke=any(map(takes_tokens_of_rke, servers)))


def release_of_rke(cluster: Cluster, hosts: Iterable[ObservedHost], running: str) -> str:
    """Return the oldest of RKE's releases that a host runs, in RKE's form; empty when none does.

    The tag of its images lacks the last number: that is cluster.yml's, else the last there was.

    Args:
        cluster: As cluster.yml has it.
        hosts: As observed.
        running: The oldest version that nodes report; empty when nobody knows.
    """
    images = {image for host in hosts for found in host.containers.values() for image in _kubernetes(found)}
    if not images:
        return ""
    tags = (tag for tag in map(version_in_tag, images) if order(tag))
    oldest = min(tags, key=order_of, default=running or cluster.version)
    plain = oldest.partition(RELEASE_MARK)[0]
    known = releases_reporting(oldest)
    if cluster.rke is not None and (cluster.version in known or not known):
        return cluster.version
    return known[-1] if known else f"{plain}{RELEASE_MARK}1-1"


def _kubernetes(found: FoundContainer) -> Iterator[str]:
    """Yield the image of a container that runs Kubernetes as RKE does."""
    if found.spec.name.removeprefix(old_name("")) in _OF_KUBERNETES and of_rke(found):
        yield found.spec.image
