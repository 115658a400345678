"""``rke-py node replace``: what ``up`` does, for one purpose: a host that died is replaced by others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from rke_py.cluster.model import Cluster, Host
from rke_py.errors import Problem, UsageError
from rke_py.observe.hosts import look_at_hosts
from rke_py.plan.checks.words import listed
from rke_py.plan.node_name import is_node_of, name_of
from rke_py.plan.observed import ObservedHost
from rke_py.progress import Warned
from rke_py.state.model import HostRecord, State
from rke_py.state.nodes import remembered_nodes
from rke_py.state.past import remembered_host
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.loading import Asked
from rke_py.workflows.planning import Prepared
from rke_py.workflows.remembered import asked_of
from rke_py.workflows.up import Result, up_as_demanded

_FILE = "rke-py never changes cluster.yml."


def replace_node(context: Context, old: str, new: tuple[str, ...] = ()) -> Result:
    """Replace a dead host.

    cluster.yml says what is wanted, as always: the new machine stands there in the place of the old one, under another
    name, or under the same one. What is done is what ``up`` does; it is refused unless it is the replacement that is
    meant.

    Args:
        context: Who watches and who agrees.
        old: The dead host's node name.
        new: Those that take over its roles; none means all hosts that the state does not know yet.

    Raises:
        UsageError: The host is not dead, cluster.yml does not say what takes its place, or that does not take over all
            of its roles.
        RkeError: Whatever stops ``up``.
    """
    state = StateStore(context.state_path).read()
    if state is None or old not in state.hosts:
        known = listed(sorted(state.hosts)) if state else "nothing, as there is none"
        raise UsageError(f"the state knows no host {old}", hint=f"It knows: {known}.")
    dead = old if _is_elsewhere(context, state, old) else ""
    return up_as_demanded(context, partial(_demand, state=state, old=old, new=new), dead)


def _is_elsewhere(context: Context, state: State, old: str) -> bool:
    """Tell whether the host's name is another machine's in cluster.yml; raises UsageError when the old one answers."""
    asked = asked_of(context, state)
    if not any(host.name == old and host.moved_from for host in asked.cluster.hosts):
        return False
    machine = remembered_host(state.hosts[old], asked.loaded.config, str(Path.home()))
    with context.edges.fleet(replace(asked.cluster, hosts=(machine,), leaving=()), context) as fleet:
        found = look_at_hosts((machine,), fleet)[old]
    if is_node_of(found, machine):
        what = f"{old} answers at {machine.address}, so it is not dead"
        hint = f"Take {old} out of cluster.yml and run rke-py up: it moves its pods elsewhere. Then put it in again."
        raise UsageError(what, hint=hint)
    return True


def _demand(
    asked: Asked, prepared: Prepared, context: Context, *, state: State, old: str, new: tuple[str, ...]
) -> None:
    """Raise unless what is planned replaces the host."""
    hosts = {host.name: host for host in asked.cluster.hosts}
    record = state.hosts[old]
    if old in hosts:
        _same_name(old, prepared.observed.hosts[old], new)
        return
    there = prepared.observed.leaving.get(old)
    if there is not None and there.reachable and there.containers and name_of(there) not in hosts:
        hint = "Run rke-py up: it moves the pods of a living host elsewhere before the host leaves."
        raise UsageError(f"{old} answers, so it is not dead", hint=hint)
    unknown = [name for name in new if name not in hosts]
    if unknown:
        raise UsageError(f"cluster.yml has no host {listed(unknown)}", hint=f"Put it in the place of {old}. {_FILE}")
    before = {node.name for node in remembered_nodes(state.configuration)}
    chosen = tuple(hosts[name] for name in new or hosts if new or name not in before)
    if not chosen:
        hint = f"Put the new machine in the place of {old}. {_FILE}"
        raise UsageError("cluster.yml has no host that is new", hint=hint)
    _roles_taken(old, record, chosen)
    for problem in _labels(old, record, chosen, asked.cluster):
        context.reporter.report(Warned(problem=problem))


def _same_name(old: str, found: ObservedHost, new: tuple[str, ...]) -> None:
    """Check that a new machine has the old one's name: it answers and carries nothing yet."""
    still = f"cluster.yml still has {old}"
    if new and new != (old,):
        raise UsageError(still, hint=f"Put {listed(new)} in its place there. {_FILE}")
    if not found.reachable:
        raise UsageError(f"{still}, which does not answer", hint=f"Put the new machine in its place there. {_FILE}")
    if found.containers:
        what = f"{old} answers and carries its containers, so it is not dead"
        raise UsageError(what, hint="Run rke-py up: it mends what differs.")


def _roles_taken(old: str, record: HostRecord, new: tuple[Host, ...]) -> None:
    """Check that the new hosts have all roles of the old one; those of the others do not count."""
    missing = sorted(record.roles - {str(role) for host in new for role in host.roles})
    if missing:
        names = listed(host.name for host in new)
        what = f"{old} was {', '.join(sorted(record.roles))}, and {names} is not: {', '.join(missing)}"
        hint = f"Give {names} that role in cluster.yml; or run rke-py up, when fewer is what you want."
        raise UsageError(what, hint=hint)


def _labels(old: str, record: HostRecord, new: tuple[Host, ...], cluster: Cluster) -> Iterator[Problem]:
    """Name labels that only the old host had, such as its zone: pods that ask for them would find no node."""
    labels = record.node.get("labels")
    for key, value in labels.items() if isinstance(labels, dict) else ():
        if not any(host.labels.get(key) == value for host in cluster.hosts):
            what = f"{old} was the only host with the label {key}={value}, and no host in cluster.yml has it now"
            hint = f"Give it to {listed(host.name for host in new) or 'another host'} if pods ask for it."
            yield Problem(where="", what=what, hint=hint, warning=True)
