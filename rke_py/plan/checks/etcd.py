"""Whether etcd can be worked on: alarms, lost data, versions that do not go together."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.config.checks import etcd
from rke_py.config.versions import numbers_of_image
from rke_py.errors import Problem
from rke_py.plan.checks.departures import to_lose_etcd
from rke_py.plan.checks.words import listed
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.components.etcd import peer_url
from rke_py.plan.observed import Observed
from rke_py.plan.quota import to_be_raised
from rke_py.plan.reconcile import container_on
from rke_py.state.model import State

_PROMOTES_DURABLY = (3, 5, 20)
"""Earlier ones do not persist that a learner was promoted, and 3.6 then refuses to start (etcd issue 19557)."""

_LEADS_TO_3_6 = (3, 5, 26)

_ALARMS = {
    "NOSPACE": "Make room and lift it: rke-py etcd defrag, then rke-py etcd alarm disarm. Where the database is full "
    "of what is needed, raise services.etcd.extra_args.quota-backend-bytes and run rke-py up: it does that alone.",
    "CORRUPT": "Its data differs from the others'. Find the member that differs (etcdctl endpoint hashkv --cluster), "
    "empty it, and let it join again.",
}


def etcd_problems(cluster: Cluster, state: State, observed: Observed) -> Iterable[Problem]:
    """Name what forbids touching etcd."""
    yield from _alarms(cluster, observed)
    if kept_elsewhere(cluster):
        yield from _out_of_sight(cluster, observed)
    else:
        yield from _data(cluster, state, observed)
    yield from _versions(cluster, observed)


def _alarms(cluster: Cluster, observed: Observed) -> Iterable[Problem]:
    """Find alarms; one that a higher quota mends stops nothing, since the plan holds nothing but that then."""
    raised = to_be_raised(cluster, observed)
    if raised:
        what = (
            "etcd is full, so members only get the higher quota of cluster.yml and all else is left as it is; "
            "afterwards: rke-py etcd alarm disarm, then rke-py up"
        )
        yield Problem(where="", what=what, warning=True)
    for member in observed.etcd.members:
        for alarm in member.alarms:
            if alarm == "NOSPACE" and raised:
                continue
            hint = _ALARMS.get(alarm, "")
            yield Problem(where="", what=f"etcd's member {member.name} has raised the alarm {alarm}", hint=hint)


def _data(cluster: Cluster, state: State, observed: Observed) -> Iterable[Problem]:
    """Find that no member is left at all: one that started from nothing would be another, empty cluster."""
    if not state.etcd.bootstrapped or observed.etcd.exists:
        return
    going = [(host, observed.host(host.name)) for host in to_lose_etcd(cluster)]
    if any(there.reachable and container_on(there, ETCD) is not None for _, there in going):
        return  # which is told where members that leave are looked at
    hosts = [observed.hosts[host.name] for host in cluster.with_role(Role.ETCD)]
    lost = [host.name for host in hosts if host.deep is not None and not host.deep.etcd_data]
    silent = listed(host.name for host, there in going if host.may_carry(Role.ETCD) and not there.reachable)
    first = f"Bring {silent} back, with etcd in cluster.yml" if silent else "Mount its disk again if it has one"
    if hosts and len(lost) == len(hosts):
        yield Problem(
            where="",
            what="no etcd host holds etcd's data any more",
            hint=f"{first}. Otherwise restore a snapshot: rke-py etcd snapshot restore NAME",
        )


def kept_elsewhere(cluster: Cluster) -> tuple[str, ...]:
    """Return the flags by which members keep their data in a folder that rke-py does not look into."""
    return tuple(etcd.kept_elsewhere(cluster.services.etcd.flags.items()))


def folder_problems(cluster: Cluster) -> Iterable[Problem]:
    """Name the flags that stand against work on the data themselves."""
    for flag in kept_elsewhere(cluster):
        what = "etcd's data are in a folder of its own, which rke-py does not look into or change"
        yield Problem(where=f"services.etcd.extra_args.{flag}", what=what, hint=etcd.TO_OUR_FOLDER)


def _out_of_sight(cluster: Cluster, observed: Observed) -> Iterable[Problem]:
    """Find members that would be made, or made anew because nothing is seen of their data."""
    for host in cluster.with_role(Role.ETCD):
        deep = observed.hosts[host.name].deep
        if _joins(host, observed) or (deep is not None and not deep.etcd_data):
            what = (
                "its etcd member is not well or not there yet, and its data are in a folder that rke-py does not know"
            )
            hint = f"See what is wrong: docker logs etcd. {etcd.TO_OUR_FOLDER}"
            yield Problem(where=host.name, what=what, hint=hint)


def _versions(cluster: Cluster, observed: Observed) -> Iterable[Problem]:
    wanted = numbers_of_image(cluster.images.etcd)
    if wanted is None:
        return
    joins = cluster.rke is None or any(_joins(host, observed) for host in cluster.with_role(Role.ETCD))
    if wanted < _PROMOTES_DURABLY and joins and len(cluster.with_role(Role.ETCD)) > 1:
        yield Problem(
            where="",
            what=f"etcd {_text(wanted)} forgets that a joined member was promoted",
            hint=f"Set system_images.etcd to {_text(_PROMOTES_DURABLY)} or later.",
        )
    for member in observed.etcd.members:
        there = _numbers(member.version)
        if there[:2] > wanted[:2]:
            what = f"etcd's member {member.name} runs {member.version}, and data does not go back to {_text(wanted)}"
            yield Problem(where="", what=what, hint="Set system_images.etcd to the version that runs, or a later one.")
        elif there and there < _LEADS_TO_3_6 and wanted >= (3, 6):
            what = f"etcd's member {member.name} runs {member.version}, from which 3.6 cannot be reached"
            yield Problem(
                where="", what=what, hint=f"First let every member run {_text(_LEADS_TO_3_6)} or a later 3.5."
            )


def _joins(host: Host, observed: Observed) -> bool:
    """Tell whether a host is to become a member; RKE's never were learners, and those that run need not be one."""
    known = any(peer_url(host) in member.peer_urls for member in observed.etcd.members)
    deep = observed.hosts[host.name].deep
    return observed.etcd.exists and (not known or (deep is not None and not deep.etcd_data))


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version such as ``3.5.26``, nothing when it is not known."""
    return tuple(int(part) for part in version.split("-")[0].split(".") if part.isdigit())


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
