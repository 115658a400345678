"""Whether hosts may leave, join and change roles: what would cost etcd its quorum is refused before it begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.errors import Problem
from rke_py.plan.checks.words import listed
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.components.etcd import member_name, peer_url
from rke_py.plan.conventions import NAME_LABEL
from rke_py.plan.node_name import name_of
from rke_py.plan.observed import Observed, ObservedHost
from rke_py.plan.observed_etcd import EtcdMember
from rke_py.plan.reconcile import container_on
from rke_py.state.model import State

_ASK_FIRST = (
    "See what is wrong with etcd first: rke-py etcd health. Until then leave the host in cluster.yml with its roles."
)
_RESTORE = "With the data of most members lost for good: rke-py etcd recover"


def departure_problems(cluster: Cluster, state: State, observed: Observed) -> Iterable[Problem]:
    """Name what forbids that hosts leave, join etcd or leave it."""
    yield from _renamed(cluster, observed)
    yield from _maker(cluster, state, observed)
    if observed.etcd.exists:
        yield from _quorum(cluster, state, observed)
        yield from _joins(cluster, observed)
    elif state.etcd.bootstrapped and cluster.external_etcd is None:
        yield from _unseen(cluster, observed)


def to_lose_etcd(cluster: Cluster) -> tuple[Host, ...]:
    """Return the hosts that leave, or lose the role: what they may carry of etcd is to go."""
    addresses = {host.address for host in cluster.hosts}
    leaving = (host for host in cluster.leaving if host.address not in addresses)
    losing = (host for host in cluster.hosts if Role.ETCD in host.carried - host.roles)
    return (*leaving, *losing)


def _unseen(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    """Find members that would leave while nobody can ask etcd whether it can do without them."""
    for host in to_lose_etcd(cluster):
        there = observed.host(host.name)
        if there.reachable and (found := container_on(there, ETCD)) is not None:
            yield Problem(
                where=host.name,
                what="its etcd member cannot leave: no member tells whether the others can do without it",
                hint=_ASK_FIRST if found.running else _started_first((host.name,), host.name),
            )


def _renamed(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    """Find machines that carry the cluster under another name: a node's name is in its certificates and in etcd."""
    for old in cluster.leaving:
        there = observed.leaving[old.name]
        new = next((host for host in cluster.hosts if _same_machine(old, there, host, observed)), None)
        carries = any(NAME_LABEL in found.spec.labels for found in there.containers.values())
        if new is not None and carries and name_of(there) != new.name:
            yield Problem(
                where=new.name,
                what=f"its name was {old.name} before, and a host that is in use keeps its name",
                hint=f"Set hostname_override: {old.name}. Or take the host out of cluster.yml, run rke-py up, and put "
                "it in again under its new name.",
            )


def _same_machine(old: Host, there: ObservedHost, new: Host, observed: Observed) -> bool:
    facts = observed.hosts[new.name].facts
    identity = there.facts.identity if there.facts else None
    return there.reachable and (
        old.address == new.address or (facts is not None and identity is not None and facts.identity == identity)
    )


def _maker(cluster: Cluster, state: State, observed: Observed) -> Iterator[Problem]:
    """Find that the host on which etcd was about to be made is gone, so that nobody can tell whether it was."""
    first = state.etcd.first
    if not first or state.etcd.bootstrapped:
        return
    if any(host.name == first for host in cluster.leaving):
        what, back = "cluster.yml does not have it any more", "Put"
    elif any(host.name == first and not observed.hosts[first].reachable for host in cluster.hosts):
        what, back = "it does not answer", "Bring"
    else:
        return
    yield Problem(
        where=first,
        what=f"an earlier run began to make etcd on it, and {what}",
        hint=f"{back} it back and run rke-py up; or run rke-py remove and begin anew.",
    )


def _quorum(cluster: Cluster, state: State, observed: Observed) -> Iterator[Problem]:
    """Check that etcd can decide about its members now, and can go on with those that stay."""
    voters = [member for member in observed.etcd.members if not member.learner]
    staying = [member for member in voters if _stays(member, cluster)]
    going = [member for member in voters if member not in staying and _ours(member, cluster, state)]
    for member in observed.etcd.members:
        if member not in staying and not _stays(member, cluster) and not _ours(member, cluster, state):
            what = f"etcd has a member that cluster.yml does not know: {member.name or member.id}"
            hint = f"If it is not wanted: docker exec etcd etcdctl member remove {member.id}"
            yield Problem(where="", what=what, hint=hint, warning=True)
    if not going:
        return
    healthy = sum(member.healthy for member in voters)
    if healthy < len(voters) // 2 + 1:
        names = listed(member.name or member.id for member in voters if not member.healthy)
        yield Problem(
            where="",
            what=f"etcd has no quorum, so no member can leave it: {healthy} of {len(voters)} are healthy, not {names}",
            hint=f"{_way_back(going, voters, cluster, observed)} {_RESTORE}",
        )
        return
    joining = len(_joining(cluster, observed))
    fit = sum(member.healthy or _is_started_first(member, cluster, observed) for member in staying) + joining
    total = len(staying) + joining
    if fit < total // 2 + 1:
        names = listed(member.name or member.id for member in going)
        yield Problem(
            where="",
            what=f"without {names} etcd would lose its quorum: {fit} of {total} members would be healthy",
            hint="Bring the members back that are not healthy, or take their hosts out of cluster.yml too.",
        )


def _way_back(going: Sequence[EtcdMember], voters: Iterable[EtcdMember], cluster: Cluster, observed: Observed) -> str:
    """Say how members come to serve again: ``up`` starts those that stand still, as long as all of them stay."""
    hosts = (host for member in voters for host in _hosts_of(member, cluster.every))
    stopped = [host.name for host in hosts if _does_not_run(host, observed)]
    if not stopped:
        return "Bring one of them back first."
    keep = listed(host.name for member in going for host in _hosts_of(member, cluster.every))
    return _started_first(stopped, keep)


def _started_first(stopped: Iterable[str], keep: str) -> str:
    return (
        f"etcd on {listed(stopped)} only does not run: let cluster.yml keep etcd on {keep}, run: rke-py up, then go on."
    )


def _joins(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    """Find members that nobody can reach although others are to join: etcd wants all it knows connected for that."""
    new = _joining(cluster, observed)
    voters = [member for member in observed.etcd.members if not member.learner]
    if sum(member.healthy for member in voters) < len(voters) // 2 + 1:
        return  # which is told elsewhere, and comes first
    for host in cluster.with_role(Role.ETCD):
        silent = not observed.hosts[host.name].reachable
        if new and silent and any(peer_url(host) in member.peer_urls for member in observed.etcd.members):
            yield Problem(
                where=host.name,
                what=f"etcd takes no new member ({listed(new)}) while this one does not answer",
                hint="Bring it back, or take it out of cluster.yml: its member is removed then.",
            )


def _joining(cluster: Cluster, observed: Observed) -> tuple[str, ...]:
    """Return the hosts that are to join, one that a killed run left as a learner among them."""
    known = {url for member in observed.etcd.members if not member.learner for url in member.peer_urls}
    hosts = cluster.with_role(Role.ETCD)
    return tuple(host.name for host in hosts if observed.hosts[host.name].reachable and peer_url(host) not in known)


def _is_started_first(member: EtcdMember, cluster: Cluster, observed: Observed) -> bool:
    """Tell whether a member only has to be started, as a killed run left it: no member leaves before it serves."""
    return any(_does_not_run(host, observed) for host in _hosts_of(member, cluster.with_role(Role.ETCD)))


def _hosts_of(member: EtcdMember, hosts: Iterable[Host]) -> Iterator[Host]:
    return (host for host in hosts if peer_url(host) in member.peer_urls)


def _does_not_run(host: Host, observed: Observed) -> bool:
    """Tell whether etcd is on a host and stands still: it was stopped, or is half replaced."""
    found = container_on(observed.host(host.name), ETCD)
    return found is not None and not found.running


def _stays(member: EtcdMember, cluster: Cluster) -> bool:
    return any(_hosts_of(member, cluster.with_role(Role.ETCD)))


def _ours(member: EtcdMember, cluster: Cluster, state: State) -> bool:
    names = {f"etcd-{name}" for name in state.hosts} | {member_name(host) for host in cluster.every}
    urls = {peer_url(host) for host in cluster.every}
    return member.name in names or bool(urls.intersection(member.peer_urls))
