"""The add-ons of a cluster of RKE's: the work of RKE's jobs until an edit makes them ours, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rke_py.cluster.model import Cluster
from rke_py.kube.interface import KubernetesApi
from rke_py.plan.observed import ObservedObject
from rke_py.plan.rke.sections import SECTIONS, Section
from rke_py.plan.rke.unplanned import planned_changes, users_addons
from rke_py.render.addons import INGRESSES, Addon, render_built_in, render_users_addons
from rke_py.state.model import State

_USERS = "addons"
"""In place of a section: the two keys of the user's own."""


def edited_sections(state: State) -> frozenset[str]:
    """Return the sections of cluster.yml whose add-ons an edit made ours, now or once.

    Args:
        state: What is remembered: what was applied last, what is asked for, and what was edited before.
    """
    now = planned_changes(state.configuration, state.desired)
    users = (_USERS,) if users_addons(state.desired) != users_addons(state.configuration) else ()
    return state.edited.union(now, users)


def addons_of_rke(cluster: Cluster, state: State, api: KubernetesApi | None) -> tuple[Addon, ...]:
    """Return the add-ons that are ours, or that an edit makes ours.

    Args:
        cluster: The wanted cluster.
        state: What is remembered: what was applied last, and what is asked for.
        api: The cluster's API, which tells what of ours is in the cluster; None while it does not answer.
    """
    ours = frozenset(api.addons()) if api else frozenset[str]()
    sections = edited_sections(state)
    edited = frozenset().union(*(section.addons for name, section in SECTIONS.items() if name in sections))
    kept = frozenset().union(*(section.addons for section in SECTIONS.values())) & ours
    users = render_users_addons(cluster)
    users_ours = _USERS in sections or not ours.isdisjoint(addon.name for addon in users)
    names = edited | kept
    webhook = api.ingress_webhook_ca() if api and INGRESSES["nginx"] in names else None
    return (
        *render_built_in(cluster, state.bundle, names, webhook),
        *(users if users_ours else ()),
    )


def look_at_remains(
    api: KubernetesApi, state: State, addons: tuple[Addon, ...]
) -> Mapping[str, tuple[ObservedObject, ...]]:
    """Return by section what RKE's jobs left, where the add-on is ours or where none is wanted any more.

    Args:
        api: The cluster's API.
        state: What is remembered.
        addons: The add-ons that are ours.
    """
    wanted = tuple(item for addon in addons for item in addon.objects)
    looks = tuple(_looks(state, frozenset(addon.name for addon in addons)))
    found = {name: api.left_of_jobs(jobs, wanted, certain) for name, jobs, certain in looks}
    return {name: objects for name, objects in found.items() if objects}


def _looks(state: State, ours: frozenset[str]) -> Iterator[tuple[str, tuple[str, ...], frozenset[str]]]:
    """Yield sections with the jobs whose remains go, and those of them that were surely the last to apply something."""
    changed = planned_changes(state.configuration, state.desired)
    for name, section in SECTIONS.items():
        certain = section.applied_last(state.configuration) if name in changed else frozenset()
        if not ours.isdisjoint(section.addons):
            yield name, _jobs(section), certain
        elif certain or name in state.edited:
            yield name, tuple(certain) or _jobs(section), certain


def _jobs(section: Section) -> tuple[str, ...]:
    return tuple(dict.fromkeys(provider.job for provider in section.providers.values()))
