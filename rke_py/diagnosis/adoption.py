"""A cluster that RKE made, as it was found: its hosts, what blocks taking it over, what rke-py could add.

Pure: from one look at hosts, etcd and the API. Nothing here is ever performed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rke_py.cluster.model import Cluster, Role
from rke_py.diagnosis.model import Health
from rke_py.errors import Problem
from rke_py.pki.expiry import Expiry
from rke_py.pki.inventory import KEPT
from rke_py.plan.checks.rancher import rancher_problems
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.components.etcd import peer_url
from rke_py.plan.observed import Observed, ObservedNode
from rke_py.plan.observed_etcd import EtcdMember
from rke_py.plan.rke.helpers import helpers_of_rke


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedHost:
    """A host of the cluster.

    Attributes:
        node: What the API says of it; None when it does not know the node, or does not answer.
        silent: Why the host could not be looked at; empty when it could.
        left_over: Names of RKE's helper containers that are still there; they do nothing.
    """

    name: str
    roles: tuple[str, ...]
    node: ObservedNode | None
    silent: str = ""
    left_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something that RKE never did and rke-py does: nothing of it stays in the cluster unasked.

    Attributes:
        how: How an operator comes to have it.
    """

    name: str
    what: str
    how: str


OFFERS = (
    Offer(
        name="lock",
        what="a Lease in kube-system, so that two operators do not change the cluster at the same time",
        how="held by each run that changes something, and free after it",
    ),
    Offer(
        name="state copy",
        what="the copy of the state in the cluster encrypted; RKE cannot read it",
        how="set RKE_PY_STATE_KEY_FILE",
    ),
    Offer(
        name="drain",
        what="nodes emptied within disruption budgets before a kubelet is replaced",
        how="upgrade_strategy.drain: true",
    ),
    Offer(
        name="snapshots",
        what="snapshots of etcd that are verified where they lie",
        how="rke-py etcd snapshot save; recurring ones with v1.33, until then they are RKE's program's",
    ),
)


def adopted_hosts(cluster: Cluster, observed: Observed) -> tuple[AdoptedHost, ...]:
    """Return the cluster's hosts in the file's order."""
    return tuple(
        AdoptedHost(
            name=host.name,
            roles=tuple(sorted(host.roles)),
            node=observed.nodes.get(host.name),
            silent=str(found.fault.what) if found.fault else "",
            left_over=helpers_of_rke(found),
        )
        for host in cluster.hosts
        for found in (observed.hosts[host.name],)
    )


def brought_back(health: Iterable[Health], steps: Collection[tuple[str, str]]) -> tuple[Health, ...]:
    """Return the components that are missing or stopped and that ``up`` makes or starts again.

    Args:
        health: Of every component.
        steps: What ``up`` would do: host and title.
    """
    return tuple(
        found
        for found in health
        if not found.healthy
        and found.container != "running"
        and any(host == found.host and found.name in title.split() for host, title in steps)
    )


def blocks(
    cluster: Cluster,
    observed: Observed,
    health: Sequence[Health],
    ends: tuple[Expiry, ...] = (),
    mended: Sequence[Health] = (),
) -> tuple[Problem, ...]:
    """Return what has to be mended before anything can be changed, each with what to do.

    Whoever shows a certificate that the state's CA did not sign is among them: every health check verifies that, so a
    cluster without such a problem is the one that the state means.

    Args:
        cluster: As cluster.yml has it.
        observed: What one look found.
        health: Of every component.
        ends: When certificates end.
        mended: Those of the components that ``up`` brings back by itself.
    """
    return (
        *rancher_problems(cluster, observed.nodes),
        *_ended_certificates(ends),
        *_silent_hosts(cluster, observed),
        *sick_components([found for found in health if found not in mended]),
        *_members(cluster, observed, {found.host for found in mended if found.name == ETCD}),
    )


def _ended_certificates(ends: tuple[Expiry, ...]) -> Iterator[Problem]:
    """Find that certificates have ended, the commonest reason why nothing else answers; CAs are told of elsewhere."""
    over = [expiry for expiry in ends if expiry.days < 0 and expiry.name not in KEPT]
    if over:
        first = f"{over[0].name} on {over[0].not_after:%Y-%m-%d}"
        what = f"{len(over)} certificates have expired, the first of them {first}: nobody believes their owners"
        yield Problem(where="", what=what, hint="Make them anew, from SSH and the state alone: rke-py cert rotate")


def _silent_hosts(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    for host in cluster.hosts:
        fault = observed.hosts[host.name].fault
        if fault is not None:
            yield Problem(
                where=host.name,
                what=fault.what,
                hint="Bring it back. When it is gone for good, take it out of cluster.yml.",
            )


def sick_components(health: Iterable[Health]) -> Iterator[Problem]:
    """Yield the components that are not well, each with what to do."""
    for found in health:
        if not found.healthy:
            yield Problem(
                where=found.host,
                what=f"{found.name} is {found.container}" + (f": {found.detail}" if found.detail else ""),
                hint=_remedy(found),
            )


def _remedy(found: Health) -> str:
    match found.container:
        case "absent":
            return "rke-py up makes it again."
        case "running":
            return (
                "Where a certificate has ended: rke-py cert rotate. Where another CA signed it: this is not the "
                "cluster's own cluster.rkestate."
            )
    return f"rke-py up starts it again. What stopped it is in: docker logs {found.name}"


def _members(cluster: Cluster, observed: Observed, coming: Collection[str]) -> Iterator[Problem]:
    """Find what is wrong with etcd's members, but for those that come back by themselves."""
    if cluster.external_etcd is not None:
        return
    by_url: Mapping[str, EtcdMember] = {url: member for member in observed.etcd.members for url in member.peer_urls}
    wanted = {peer_url(host): host.name for host in cluster.with_role(Role.ETCD)}
    if not observed.etcd.exists:
        if not set(coming).issuperset(wanted.values()):
            hint = "See `docker logs etcd` on the hosts with that role."
            yield Problem(where="", what="no etcd member answers", hint=hint)
        return
    for url, name in wanted.items():
        member = by_url.get(url)
        if member is None:
            what = f"etcd has no member at {url}"
            yield Problem(where=name, what=what, hint="Is this the cluster that cluster.yml and its state mean?")
        elif not member.healthy and name not in coming:
            what = f"its etcd member is not healthy: {member.fault or 'no reason given'}"
            yield Problem(where=name, what=what, hint="See `docker logs etcd` there.")
    for url in by_url.keys() - wanted.keys():
        what = f"etcd has a member at {url} that cluster.yml does not have"
        yield Problem(where=by_url[url].name, what=what, hint="Add its host to cluster.yml, or remove the member.")
