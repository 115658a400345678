"""A snapshot in S3 that is wanted: brought to a member first, where it is compared with its manifest."""

from __future__ import annotations

from collections.abc import Sequence

from rke_py.cluster.model import Cluster, Role
from rke_py.errors import RkeError, RolloutFailed, UsageError
from rke_py.plan.model import OnFailure, Plan, Stage, Turn
from rke_py.plan.restore.forward import BRING
from rke_py.plan.steps import FetchSnapshot
from rke_py.rollout.images import Images
from rke_py.rollout.site import Site
from rke_py.stores.statefile import Saved
from rke_py.transport.interface import Fleet
from rke_py.workflows.context import Context
from rke_py.workflows.snapshot_places import need_s3, protect_s3, with_s3
from rke_py.workflows.snapshot_sources import SCHEME, Wanted
from rke_py.workflows.work import carry_out, site_of


def fetch_from_s3(
    cluster: Cluster, fleet: Fleet, images: Images, saved: Saved, context: Context, wanted: Wanted
) -> None:
    """Bring a snapshot from S3 to the first member's host that can take it; that host then has it under its name.

    Args:
        cluster: Names the bucket and the folder, where the command does not.
        fleet: The hosts' connections.
        images: Brings the tools image.
        saved: The state's file, locked; there need not be any state in it.
        context: Who watches.
        wanted: The snapshot.

    Raises:
        UsageError: Nothing names S3, or it is another place than the URL.
        RolloutFailed: S3 does not have it, or it is damaged.
    """
    cluster = with_s3(cluster, wanted.s3)
    hint = "cluster.yml says where snapshots in S3 are looked for, or --s3 with what belongs to it."
    checked_place(cluster, wanted, context, hint=hint)
    hosts = tuple(host.name for host in cluster.with_role(Role.ETCD) if host.name in fleet.reachable)
    if not hosts:
        raise UsageError("no host with the role etcd answers", hint="Bring the hosts of cluster.yml up first.")
    with context.edges.access(cluster, fleet, dict) as access:
        site = site_of(cluster, fleet, access, saved, images, context)
        first_that_fetches(hosts, wanted.name, BRING, site, context, why="it is in S3", lease=False)


def first_that_fetches(
    hosts: Sequence[str], name: str, stage: str, site: Site, context: Context, *, why: str, lease: bool
) -> str:
    """Have one member's host after another copy a snapshot from S3 until one has it, and return which.

    One may not reach S3, have no room, or have another cluster's of that name.

    Args:
        hosts: In that order.
        name: The snapshot's.
        stage: What it is a part of.
        site: What the step works with.
        context: Who watches.
        why: Said of the step.
        lease: Whether the run lease can be held.

    Raises:
        RolloutFailed: None could.
    """
    failures: dict[str, RkeError] = {}
    for host in hosts:
        step = FetchSnapshot(host=host, name=name, tools=site.cluster.images.tools, why=(why,))
        turn = Turn(stage=stage, host=host, steps=(step,), disrupts=False)
        plan = Plan(stages=(Stage(name=stage, turns=(turn,), limit=0, on_failure=OnFailure.COUNT),))
        outcome = carry_out(plan, site, context, api=lease, tell=False)
        if outcome.interrupted:
            outcome.raise_failure()
        if outcome.succeeded:
            return host
        failures |= outcome.failures
    what, hint = f"failed: {', '.join(failures)}", "Mend the cause and run the same again."
    raise RolloutFailed(what, tuple(failures.values()), hint=hint)


def checked_place(cluster: Cluster, wanted: Wanted, context: Context, *, hint: str) -> str:
    """Return the folder in S3 that a snapshot is looked for in, as a URL.

    Args:
        cluster: Names the bucket and the folder.
        wanted: The snapshot.
        context: Keeps the keys of S3 out of what is shown.
        hint: What to try where the snapshot's URL is elsewhere.

    Raises:
        UsageError: Nothing names S3, or it is another place than the snapshot's URL.
    """
    s3 = need_s3(cluster)
    protect_s3(cluster, context)
    place = SCHEME + "/".join(filter(None, (s3.bucket_name, s3.folder.strip("/"))))
    if wanted.url and wanted.url.rpartition("/")[0] != place:
        raise UsageError(f"{wanted.url} is not in {place}", hint=hint)
    return place
