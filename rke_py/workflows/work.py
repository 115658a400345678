"""What every workflow that changes a cluster does alike: the site of its steps, the lease, the journal and the gate."""

from __future__ import annotations

from dataclasses import replace

from rke_py.cluster.model import Cluster, Host
from rke_py.errors import Problem, StateError
from rke_py.kube.interface import ClusterAccess
from rke_py.pki.kubeconfig import admin_kubeconfig
from rke_py.plan.model import Plan, Turn
from rke_py.plan.stage_names import PLUGINS, PREPARE
from rke_py.rollout.deeds import deed_for
from rke_py.rollout.gate import Gate
from rke_py.rollout.images import Images
from rke_py.rollout.journal import Journal
from rke_py.rollout.proof import ask_api
from rke_py.rollout.run import Outcome, roll_out
from rke_py.rollout.site import Memory, Site
from rke_py.state.cluster_copy import cluster_copy, copy_for_rke
from rke_py.state.model import State
from rke_py.stores.kubeconfig import write_kubeconfig
from rke_py.stores.statefile import Saved
from rke_py.transport.interface import Fleet
from rke_py.workflows.context import Context
from rke_py.workflows.freshness import judge, refuse_readable
from rke_py.workflows.lease import Claim, held_lease, refuse_lost

_WITHOUT_API = (PREPARE, PLUGINS)
"""Stages that bring no API server."""


def site_of(
    cluster: Cluster, fleet: Fleet, access: ClusterAccess, saved: Saved, images: Images, context: Context
) -> Site:
    """Return what the steps of a run work with."""
    memory = Memory(saved.state, saved)
    return Site(
        cluster=cluster,
        fleet=fleet,
        access=access,
        memory=memory,
        images=images,
        reporter=context.reporter,
        time=context.clock,
        write_kubeconfig=lambda: write_admin_kubeconfig(cluster, memory.state, context),
        state_copy=lambda: cluster_copy(memory.state, context.state_key) if context.state_key else None,
        run=context.random_id()[-8:],
    )


def write_admin_kubeconfig(cluster: Cluster, state: State, context: Context, *, server: Host | None = None) -> None:
    """Write the operator's kubeconfig.

    Args:
        cluster: The cluster.
        state: Gives the certificates.
        context: Tells where it lies.
        server: The host whose API server it leads to, unless cluster.yml names an address; None takes the first one.
    """
    address = cluster.api_server_address or (server.address if server else "")
    text = admin_kubeconfig(
        replace(cluster, api_server_address=address), state.bundle["kube-ca"], state.bundle["kube-admin"]
    )
    write_kubeconfig(context.kubeconfig_path, text)


def unclean(state: State | None) -> tuple[Problem, ...]:
    """Name the hosts that left without being cleaned: what they carry still works once they are back."""
    what = "it left the cluster without being cleaned, and could act as one of its hosts when it comes back"
    return tuple(
        Problem(where=name, what=what, hint=f"Clean it with: rke-py node clean {name}", warning=True)
        for name, record in (state.hosts.items() if state else ())
        if record.forgotten
    )


def carry_out(
    plan: Plan,
    site: Site,
    context: Context,
    *,
    api: bool,
    tell: bool = True,
    brings_api: bool = False,
    lacking: str = "",
) -> Outcome:
    """Perform a plan while holding the run lease, every step through the gate and in the journal.

    Args:
        plan: What to do.
        site: What the steps work with.
        context: Who watches, and whether the operator asked to stop.
        api: Whether an API server answers, so that the lease can be held.
        tell: Whether the cluster's copy of the state is brought up to date first.
        brings_api: The plan may bring an API server back, and the lease is taken then.
        lacking: Why the run fails although the plan succeeds; empty when it does not.

    Raises:
        StateError: Another run changes the cluster, or took the lease or the lock of the state meanwhile.
    """
    with (
        held_lease(site.access, context, api=api) as claim,
        Journal(context.journal_path, site.run, context.clock.now) as journal,
    ):
        if api and tell:
            refuse_newer(site, context)
            keep_copy(site, context)
        late = _Late(claim, site, context, expected=brings_api)
        gate = Gate(site=site, journal=journal, deeds=deed_for)
        outcome = roll_out(
            plan,
            gate,
            lambda: context.stop() or site.memory.lost or bool(claim.lost() or late.fault),
            ended=late.turn_ended,
            lacking=lacking,
        )
        if late.fault:
            raise late.fault
        refuse_lost(claim)
        if site.memory.lost:
            hint = "Look who works on this cluster with: rke-py unlock. When nobody does, run the same again."
            what = "the lock of the state was taken from this run, or its folder cannot be read, so it stopped"
            raise StateError(what, hint=hint)
    return outcome


class _Late:
    """Takes the lease of a run that began without an API server, after the first turn that left one.

    Attributes:
        fault: Why this run must not go on: somebody else changes the cluster, or did since this state was saved.
    """

    def __init__(self, claim: Claim, site: Site, context: Context, *, expected: bool) -> None:
        self._claim = claim
        self._expected = expected
        self._site = site
        self._context = context
        self.fault: StateError | None = None

    def turn_ended(self, turn: Turn) -> None:
        """Look whether it can be taken."""
        if not self._expected or self._claim.held or self.fault or turn.stage in _WITHOUT_API:
            return
        try:
            if self._claim.take_if_served():
                refuse_newer(self._site, self._context)
        except StateError as fault:
            self.fault = fault


def keep_copy(site: Site, context: Context) -> None:
    """Tell the cluster what was saved, so that a state which another operator has counts as older."""
    copy = copy_to_keep(site.cluster, site.memory.state, context)
    ask_api(site, lambda: site.access.api.write_copy(copy))
    site.memory.tell()


def copy_to_keep(cluster: Cluster, state: State, context: Context) -> bytes:
    """Return the copy of a state as a cluster keeps it: one of RKE's in RKE's form, unless it is to be encrypted."""
    plain = cluster.rke is not None and context.state_key is None
    return copy_for_rke(state) if plain else cluster_copy(state, context.state_key)


def refuse_newer(site: Site, context: Context) -> None:
    """Refuse to go on with a state that another operator's run overtook before this one got the lease.

    Nor is a copy that is encrypted replaced by one that whoever may read Secrets can read.
    """
    known = replace(site.memory.state, serial=site.memory.told)
    content = ask_api(site, site.access.api.read_copy)
    judge(known, content)  # what it warns of was told before, and is written anew
    refuse_readable(content, context.state_key)
