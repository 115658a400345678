"""``rke-py upgrade``: what another Kubernetes version would mean for the cluster, before cluster.yml asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from rke_py.catalog.order import version_in_tag
from rke_py.catalog.rke import RELEASE_MARK
from rke_py.cluster.model import Cluster
from rke_py.errors import UsageError
from rke_py.plan.make import images
from rke_py.plan.model import Plan
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.plan import look_and_plan
from rke_py.workflows.planning import refuse_full
from rke_py.workflows.remembered import NO_CLUSTER, running_version

_COMPONENTS = ("kube_apiserver", "kube_controller_manager", "kube_scheduler", "kube_proxy", "kubelet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """A way from one version to another that nothing speaks against.

    Attributes:
        running: The version that was last applied in full.
        wanted: The version that it would come to.
        etcd: The versions that etcd's members run, and the image that they would run.
        missing_images: The images that each host has to pull first, by its name.
    """

    running: str
    wanted: str
    etcd: tuple[tuple[str, ...], str]
    missing_images: Mapping[str, tuple[str, ...]]
    plan: Plan


def preview_upgrade(context: Context, version: str) -> Upgrade:
    """Return what ``up`` would do if cluster.yml asked for the version; nothing is written, here or on a host.

    Raises:
        UsageError: There is no cluster yet, or ``system_images`` holds components at another version.
        RkeError: What would stop ``up``: a version that cannot follow the one that runs, flags of ``extra_args`` that
            it no longer knows, hosts, nodes or etcd members from which it cannot be reached.
    """
    running = running_version(StateStore(context.state_path).read())
    if running is None:
        raise UsageError("there is no cluster to upgrade yet", hint=NO_CLUSTER)
    found = look_and_plan(context, version)
    refuse_full(found.prepared)
    _refuse_pinned(found.asked.cluster)
    observed, plan = found.prepared.observed, found.prepared.plan
    members = tuple(dict.fromkeys(member.version for member in observed.etcd.members if member.version))
    return Upgrade(
        running=running,
        wanted=found.asked.cluster.version,
        etcd=(members, found.asked.cluster.images.etcd),
        missing_images=images(plan, observed),
        plan=plan,
    )


def _refuse_pinned(cluster: Cluster) -> None:
    """Refuse a version beside images of another one: the images are what runs."""
    images = asdict(cluster.images)
    told = {key: version_in_tag(images[key]) for key in _COMPONENTS}
    held = [f"{key}: {images[key]}" for key, tag in told.items() if tag and not _means(tag, cluster.version)]
    if held:
        raise UsageError(
            f"system_images in cluster.yml holds what {cluster.version} would change: {', '.join(held)}",
            hint="Remove these keys, or write the images of the new version; then ask again.",
        )


def _means(tag: str, version: str) -> bool:
    """Tell whether an image's tag is a version's; those of RKE's releases lack the number behind its last dash."""
    return version == tag or (RELEASE_MARK in tag and version.rpartition("-")[0] == tag)
