"""``rke-py adopt``: what taking over a cluster that RKE made would find. Nothing is changed, here or on a host."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from rke_py.diagnosis.adoption import OFFERS, AdoptedHost, Offer, adopted_hosts, blocks, brought_back, sick_components
from rke_py.errors import Problem, UsageError
from rke_py.observe.causes import look_at_health
from rke_py.pki.expiry import Expiry, expiries
from rke_py.plan.observed_etcd import EtcdMember
from rke_py.stores.statefile import StateStore
from rke_py.transport.parallel import apart
from rke_py.workflows.context import Context
from rke_py.workflows.drift import Drift, drift_of
from rke_py.workflows.looking import look
from rke_py.workflows.remembered import asked_of
from rke_py.workflows.secrecy import secrets_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A cluster that RKE made.

    Attributes:
        version: The Kubernetes version that cluster.yml names, or else the one that runs.
        api: Whether an API server answers, with a certificate that the state's CA signed.
        drift: What is not as RKE would have left it, as steps that nobody does.
        ends: When certificates end, the next one first.
        offers: What RKE never did; nothing of it is done unasked.
        mended: What is missing or stopped and comes back by itself when the cluster is taken over.
        blocks: What has to be mended before the cluster can be taken over.
        warnings: What an operator should know beside it.
    """

    name: str
    version: str
    api: bool
    hosts: tuple[AdoptedHost, ...]
    etcd: tuple[EtcdMember, ...]
    drift: Drift
    ends: tuple[Expiry, ...]
    offers: tuple[Offer, ...]
    mended: tuple[Problem, ...]
    blocks: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    @property
    def ready(self) -> bool:
        """True when nothing stands against taking it over as it is."""
        return not self.blocks


def adoption(context: Context) -> Adoption:
    """Look at a cluster that RKE made, beside whose cluster.yml its cluster.rkestate lies, RKE's or made again.

    Raises:
        StateError: There is no such state, or rke-py has taken the cluster over.
        UsageError: cluster.yml asks for a version that RKE never had.
    """
    state = StateStore(context.state_path).left_by_rke()
    asked = asked_of(context, state)
    cluster = asked.cluster
    if cluster.rke is None:
        hint = "Leave kubernetes_version as it was until the cluster is taken over."
        raise UsageError(f"cluster.yml asks for {cluster.version}, and RKE never had that version", hint=hint)
    context.protect(secrets_of(state, asked.loaded.config))
    with (
        context.edges.fleet(cluster, context) as fleet,
        context.edges.access(cluster, fleet, lambda: state.bundle) as access,
    ):
        observed = look(cluster, state, fleet, access, context.skip)
        drift, nodes, warnings = drift_of(asked, state, observed, access, context)
        health, lost = apart(look_at_health(fleet, access, nodes, observed.hosts))
    seen = tuple(chain.from_iterable(health.values()))
    mended = brought_back(seen, {(one.host, one.step) for one in drift.steps})
    ends = expiries(state.bundle, context.clock.now())
    return Adoption(
        name=cluster.name,
        version=cluster.version,
        api=observed.api,
        hosts=adopted_hosts(cluster, observed),
        etcd=observed.etcd.members,
        drift=drift,
        ends=ends,
        offers=OFFERS,
        mended=tuple(sick_components(mended)),
        blocks=_each_once(
            *blocks(cluster, observed, seen, ends, mended),
            *(Problem(where=name, what=f"it could not be looked at to the end: {lost[name].what}") for name in lost),
            *drift.refused,
        ),
        warnings=(*asked.warnings, *warnings),
    )


def _each_once(*problems: Problem) -> tuple[Problem, ...]:
    """Return the problems without those that say what an earlier one says: a silent host is found by two looks."""
    told: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        told.setdefault((problem.where, problem.what), problem)
    return tuple(told.values())
