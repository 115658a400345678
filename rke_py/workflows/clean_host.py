"""``rke-py node clean``: leave one machine as it was found, whatever cluster it carries, without any state."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.errors import ConsentMissing, UsageError
from rke_py.observe.hosts import look_at_hosts
from rke_py.plan.carried import is_ours, told
from rke_py.plan.checks.words import listed
from rke_py.plan.components.kubelet import NAME as KUBELET
from rke_py.plan.model import Plan, Stage, Turn
from rke_py.plan.node_name import address_of, is_node_of, name_of, node_of
from rke_py.plan.observed import ObservedHost
from rke_py.plan.removal import cleaning, our_containers
from rke_py.plan.stage_names import CLEAN
from rke_py.plan.steps import DeleteNode, ForgetHost, Step
from rke_py.progress import Finished
from rke_py.state.model import HostRecord, State
from rke_py.state.nodes import remembered_nodes
from rke_py.state.past import remembered_host
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.holder import this_process
from rke_py.workflows.loading import Asked, load_cluster
from rke_py.workflows.pulls import images_of
from rke_py.workflows.remembered import running_version
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.work import carry_out, site_of

_SERVING = ("etcd", "kube-apiserver")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine to clean.

    Attributes:
        name: A node's name, or an address.
        user, port, key_path: How to log in where neither cluster.yml nor the state says; empty, or 0, leaves it to the
            usual.
    """

    name: str
    user: str = ""
    port: int = 0
    key_path: str = ""


def clean_host(context: Context, machine: Machine, *, snapshots: bool = False) -> Plan:
    """Clean a machine that is none of this cluster's any more, or never was.

    Neither a cluster.yml nor a state is needed: what they say of the machine is used where they are there. A machine
    that cluster.yml has is cleaned only where a state tells that it is not in use.

    Args:
        context: Who watches and who agrees.
        machine: Which one, and how to log in.
        snapshots: Whether its etcd snapshots go too.

    Raises:
        UsageError: The machine is one of this cluster's, or may be.
        ConsentMissing: Nobody agreed.
        Unreachable: It does not answer.
        RolloutFailed: It is not clean.
    """
    began = context.clock.now()
    with ExitStack() as stack:
        saved = stack.enter_context(StateStore(context.state_path).locked(this_process(context)))
        asked = _asked(context, machine, saved.state)
        context.protect(secrets_of(saved.state or State(lineage=""), asked.loaded.config))
        host = _host(asked, machine, saved.state)
        cluster = _reached(asked.cluster, host, saved.state)
        fleet = stack.enter_context(context.edges.fleet(cluster, context))
        found = look_at_hosts((host,), fleet)[host.name]
        if found.fault is not None:
            raise found.fault
        if saved.state is None and (context.text is not None or context.config.is_file()):
            _refuse_without_state(asked.cluster, host, found)
        _refuse(asked.cluster, host, found, saved.state)
        _ask(found, saved.state, context, snapshots=snapshots)
        bundle = saved.state.bundle if saved.state else {}
        access = stack.enter_context(context.edges.access(cluster, fleet, lambda: bundle))
        known = _is_known(host, saved.state)
        api = known and access.api.ready()
        plan = _plan(cluster, found, known=known, api=api, snapshots=snapshots)
        images = stack.enter_context(images_of(cluster, fleet, context))
        carry_out(plan, site_of(cluster, fleet, access, saved, images, context), context, api=api).raise_failure()
    seconds = (context.clock.now() - began).total_seconds()
    context.reporter.report(Finished(changed=len(tuple(plan.steps)), seconds=seconds))
    return plan


def _asked(context: Context, machine: Machine, state: State | None) -> Asked:
    """Return what cluster.yml asks for; where there is none, a cluster with nothing but defaults and this machine."""
    text = context.text
    if text is None and not context.config.is_file():
        text = yaml.safe_dump({"nodes": [_entry(machine)]})
    return load_cluster(context.config, text=text, running_version=running_version(state))


def _entry(machine: Machine) -> dict[str, object]:
    given = {"user": machine.user, "port": machine.port, "ssh_key_path": machine.key_path}
    return {"address": machine.name, "role": [str(role) for role in Role], **{k: v for k, v in given.items() if v}}


def _host(asked: Asked, machine: Machine, state: State | None) -> Host:
    """Return the machine: as cluster.yml has it, as it was once, or by its address alone."""
    names = {machine.name, machine.name.lower()}
    known = next((host for host in asked.cluster.hosts if {host.name, host.address} & names), None)
    if known is None:
        config, home = asked.loaded.config, str(Path.home())
        records = state.hosts if state else {}
        unknown = HostRecord(address=machine.name, node={"address": machine.name})
        given = ((name, record) for name, record in records.items() if {name, record.address} & names)
        name, record = next(given, (machine.name.lower(), unknown))
        known = replace(remembered_host(record, config, home), name=name)
    ssh = known.ssh
    return replace(
        known,
        ssh=replace(
            ssh,
            user=machine.user or ssh.user,
            port=machine.port or ssh.port,
            key_path=str(Path(machine.key_path).expanduser()) if machine.key_path else ssh.key_path,
        ),
    )


def _refuse(cluster: Cluster, host: Host, found: ObservedHost, state: State | None) -> None:
    """Refuse a machine that is in use here: it leaves by being taken out of cluster.yml, drained and told of."""
    name = _name(cluster, host, found, state)
    in_use = state is not None and name in state.hosts and any(other.name == name for other in cluster.hosts)
    if in_use and is_ours(found, state):
        hint = f"Take {name} out of cluster.yml and run rke-py up: its pods are moved and the others are told."
        raise UsageError(f"{name} is a host of this cluster, and cluster.yml has it", hint=hint)
    record = state.hosts.get(name) if state else None
    if record is None and _is_nameless(found) and is_ours(found, state):
        hint = (
            f"Call it as cluster.yml or rke-py node list does. If it has left this cluster: docker stop {KUBELET} on "
            "it, and run the same again."
        )
        raise UsageError(f"{name} runs a node of this cluster, and nobody can tell which one", hint=hint)
    serving = [each for each in _SERVING if each in found.containers]
    if record and not record.forgotten and serving and is_ours(found, state):
        hint = "Run rke-py up: it lets the host leave without harm to the others, and cleans it."
        raise UsageError(f"{name} has not left this cluster yet, and carries its {listed(serving)}", hint=hint)


def _refuse_without_state(cluster: Cluster, host: Host, found: ObservedHost) -> None:
    """Refuse a machine that cluster.yml has and that carries a cluster: without a state nobody can tell whose it is."""
    names = {node_of(found) or host.name, host.address}
    others = (other for other in cluster.hosts if names & {other.name, other.address} or is_node_of(found, other))
    used = next(others, None)
    if our_containers(found) and used is not None:
        what = f"cluster.yml has {used.name}, which carries a cluster, and no state tells whether it is that one"
        hint = (
            "Put this cluster's cluster.rkestate back beside cluster.yml, or make it again: rke-py state recover. If "
            "the cluster on it is to go: rke-py remove, or take the host out of cluster.yml first."
        )
        raise UsageError(what, hint=hint)


def _name(cluster: Cluster, host: Host, found: ObservedHost, state: State | None) -> str:
    """Return the name of the machine's node; of a forgotten one, whose name may be another's, what it is known by."""
    name = name_of(found) or _by_address(cluster, found, state) or host.name
    record = state.hosts.get(host.name) if state else None
    was = remembered_nodes({"nodes": [record.node]})[0].name if record and record.forgotten else ""
    return host.name if was == name else name


def _by_address(cluster: Cluster, found: ObservedHost, state: State | None) -> str:
    """Return the host whose address the machine's kubelet has, which a cloud names; empty when it is nobody's."""
    records = state.hosts.items() if state else ()
    past = {str(record.node.get("internalAddress") or record.address): name for name, record in records}
    return (past | {other.internal_address: other.name for other in cluster.hosts}).get(address_of(found), "")


def _is_nameless(found: ObservedHost) -> bool:
    """Tell whether the machine runs a kubelet that a cloud names, and nothing else on it tells its host."""
    kubelet = found.containers.get(KUBELET)
    return kubelet is not None and kubelet.running and not name_of(found)


def _ask(found: ObservedHost, state: State | None, context: Context, *, snapshots: bool) -> None:
    kept = "etcd snapshots in /opt/rke/etcd-snapshots are " + ("deleted too" if snapshots else "kept")
    if not context.consent("This deletes everything of it on the machine. Go on?", (*told(found, state), kept)):
        raise ConsentMissing("nothing was removed, as you did not agree")


def _is_known(host: Host, state: State | None) -> bool:
    """Tell whether the machine was in use here; another one may have its name in cluster.yml by now."""
    record = state.hosts.get(host.name) if state else None
    return record is not None and record.address == host.address


def _reached(cluster: Cluster, host: Host, state: State | None) -> Cluster:
    """Return the cluster with the hosts to connect to: one that was in use here had a Node object, which goes too."""
    known = _is_known(host, state)
    planes = tuple(other for other in cluster.with_role(Role.CONTROLPLANE) if known and other.name != host.name)
    return replace(cluster, hosts=(*planes, host), leaving=())


def _plan(cluster: Cluster, found: ObservedHost, *, known: bool, api: bool, snapshots: bool) -> Plan:
    """Plan one turn; a host that was in use here stays remembered while its Node object cannot be deleted."""
    delete: tuple[Step, ...] = (DeleteNode(host=found.name, why=("its kubelet is gone",)),) if api else ()
    why = ("nothing of the cluster is left on it",)
    forget: tuple[Step, ...] = (ForgetHost(host=found.name, clean=True, why=why),) if api and known else ()
    steps = (*cleaning(cluster, found, snapshots=snapshots, without_kubelet=delete), *forget)
    turn = Turn(stage=CLEAN, host=found.name, steps=steps, disrupts=False)
    return Plan(stages=(Stage(name=CLEAN, turns=(turn,), limit=0),))
