"""Whether every host answers, and what follows when one does not."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.errors import Problem
from rke_py.plan.components.etcd import peer_url
from rke_py.plan.observed import Observed


def reach_problems(cluster: Cluster, observed: Observed, skip: frozenset[str]) -> Iterable[Problem]:
    """Name the hosts that do not answer.

    An etcd or control-plane host stops the run before any change unless the operator named it as one to do without, and
    then the rest has to hold quorum. A worker counts as a failed worker.
    """
    silent = tuple(host for host in cluster.hosts if not observed.hosts[host.name].reachable)
    for host in silent:
        if host.name not in skip:
            yield _unreachable(host, observed)
    if any(host.name in skip for host in silent):
        yield from _without(cluster, observed, silent)


def _unreachable(host: Host, observed: Observed) -> Problem:
    fault = observed.hosts[host.name].fault
    what, hint = (fault.what, fault.hint) if fault else ("it was not looked at", "")
    worker = (host.roles | host.carried) == {Role.WORKER}
    go_on = "The others go on without it." if worker else f"Or go on without it, if etcd can: --skip {host.name}"
    return Problem(where=host.name, what=what, hint=f"{hint} {go_on}".lstrip(), warning=worker)


def _without(cluster: Cluster, observed: Observed, silent: tuple[Host, ...]) -> Iterable[Problem]:
    """Check that etcd has its quorum and that an API server is left when hosts are left out."""
    gone = {peer_url(host) for host in silent if host.has(Role.ETCD)}
    voters = tuple(member.peer_urls for member in observed.etcd.members if not member.learner) or tuple(
        (peer_url(host),) for host in cluster.with_role(Role.ETCD)
    )
    left = sum(not gone.intersection(urls) for urls in voters)
    if gone and left < len(voters) // 2 + 1:
        yield Problem(
            where="",
            what=f"{left} of {len(voters)} etcd members are left without the hosts that do not answer: no quorum",
            hint="Bring one of them back; with their data lost for good: rke-py etcd recover",
        )
    if all(host in silent for host in cluster.with_role(Role.CONTROLPLANE)):
        yield Problem(where="", what="no control-plane host answers", hint="Bring one of them back.")
