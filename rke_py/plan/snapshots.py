"""Snapshots of etcd as steps: one on every member that answers, where the plan is one to take them before."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.catalog.order import order, order_of, version_in_tag
from rke_py.cluster.model import Cluster, Host
from rke_py.pki.etcd_access import etcd_access
from rke_py.plan.backup import about, line_of
from rke_py.plan.components.etcd import CLIENT_PORT, peer_url
from rke_py.plan.components.etcd import NAME as ETCD_NAME
from rke_py.plan.conventions import https_url
from rke_py.plan.model import Stage, Turn
from rke_py.plan.observed import Observed
from rke_py.plan.observed_etcd import EtcdMember
from rke_py.plan.reconcile import API_SERVER
from rke_py.plan.steps import (
    JoinEtcd,
    RemoveEtcdMember,
    ReplaceContainer,
    RestartContainer,
    SaveSnapshot,
    Step,
)
from rke_py.state.model import State

SNAPSHOTS = "snapshots"
KEPT_AUTOMATIC = 5
"""How many automatic snapshots stay on a member."""

_SECONDS = 900
"""How long one may take that a person waits for, whatever is said of recurring ones."""


def snapshot_turns(
    cluster: Cluster,
    observed: Observed,
    state: State,
    *,
    name: str,
    keep: int,
    why: tuple[str, ...] = (),
    rke_format: bool = False,
) -> tuple[Turn, ...]:
    """Return a turn for each etcd member that answers.

    Args:
        cluster: The cluster.
        observed: Tells who answers.
        state: Gives the manifest the cluster's own id, and what tells of keys and CAs.
        name: What the snapshot is called.
        keep: How many of this kind stay on a member; 0 keeps all.
        why: What makes it necessary.
        rke_format: Write it as an archive of RKE's too.
    """
    return tuple(
        Turn(
            stage=SNAPSHOTS,
            host=host.name,
            steps=(
                SaveSnapshot(
                    host=host.name,
                    name=name,
                    tools=cluster.images.tools,
                    line=_line(cluster, member),
                    own=f"kube-etcd-{host.slug}",
                    ca=etcd_access(cluster, host).ca,
                    endpoint=https_url(etcd_access(cluster, host).address, CLIENT_PORT),
                    about=about(state, member.name, _running(observed) or cluster.version),
                    keep=keep,
                    seconds=max(cluster.backup.timeout, _SECONDS),
                    rke_format=rke_format,
                    why=why,
                ),
            ),
            disrupts=False,
        )
        for host, member in answering(cluster, observed)
    )


def _running(observed: Observed) -> str:
    """Return the newest version that an API server runs, since it may have written already; empty without any."""
    servers = (host.containers.get(API_SERVER) for host in observed.hosts.values())
    told = (version_in_tag(server.spec.image) for server in servers if server)
    return max(filter(None, told), key=order_of, default="")


def answering(cluster: Cluster, observed: Observed) -> tuple[tuple[Host, EtcdMember], ...]:
    """Return the hosts whose member answers, with it.

    A member gives what is on its own disk, so it need not have a quorum; a learner may be far behind and gives nothing.
    """
    members = {url: member for member in observed.etcd.members for url in member.peer_urls}
    found = ((host, members.get(peer_url(host))) for host in cluster.hosts)
    return tuple((host, member) for host, member in found if member and member.version and not member.learner)


def careful(stages: Iterable[Stage]) -> tuple[str, ...]:
    """Say what of a plan's steps wants a snapshot first: what touches etcd, or the API servers' version."""
    steps = (step for stage in stages for turn in stage.turns for step in turn.steps)
    reasons = (_reason(step) for step in steps)
    return tuple(dict.fromkeys(reason for reason in reasons if reason))


def _reason(step: Step) -> str:
    match step:
        case JoinEtcd() | RemoveEtcdMember():
            return "etcd's members change"
        case ReplaceContainer() | RestartContainer() if step.name == ETCD_NAME:
            return "etcd's members are restarted"
        case ReplaceContainer() if step.name == API_SERVER and "image" in step.changed:
            return "the API servers' version changes"
    return ""


def _line(cluster: Cluster, member: EtcdMember) -> str:
    """Return the line of the member that runs, else of the image that is wanted."""
    runs = order(member.version)
    return ".".join(map(str, runs[0][:2])) if runs else line_of(cluster)
