"""RKE's add-ons that become rke-py's, and what RKE's jobs left of them: what goes, and what an operator should know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rke_py.plan.cache_that_goes import kubelets_are_told
from rke_py.plan.conventions import SET_PREFIX
from rke_py.plan.model import Turn
from rke_py.plan.observed import ObjectState, ObservedObject
from rke_py.plan.rke.sections import SECTIONS
from rke_py.plan.stage_names import ADDONS
from rke_py.plan.steps import ForgetRke
from rke_py.plan.wanted import Wanted
from rke_py.render.addons import NODELOCAL

_WORKLOADS = frozenset({"DaemonSet", "Deployment", "StatefulSet"})
_NOT_MERGED = frozenset({"canal", "calico", "weave"})
"""Pod networks whose DaemonSet has fields of ours in another form than RKE's; weave's where it has a password."""

_STAY = {
    "pod network": "network",
    "DNS": "dns",
    "DNS cache": "dns.nodelocal",
    "metrics": "monitoring",
    "ingress": "ingress",
}


def remains_turns(wanted: Wanted) -> Iterator[Turn]:
    """Yield a turn for each section that RKE left something of: when what takes its place works.

    With its ConfigMap and its job there, an RKE that runs later would take its own add-on for applied.
    """
    for name, left in wanted.observed.remains.items():
        step = ForgetRke(host="", objects=left, section=name, why=tuple(found.title for found in left))
        first = frozenset(f"{ADDONS}/{addon}" for addon in SECTIONS[name].addons)
        first |= kubelets_are_told(wanted) if NODELOCAL in SECTIONS[name].addons else frozenset()
        yield Turn(stage=ADDONS, host=f"RKE's {name}", steps=(step,), after=first, disrupts=False)


def losses(wanted: Wanted) -> Iterator[str]:
    """Yield what is lost with each add-on that goes and that none takes the place of."""
    if wanted.cluster.rke is None:
        return
    asked, there = _ours(wanted), {found.addon for found in wanted.observed.objects}
    for name, section in SECTIONS.items():
        goes = name in wanted.observed.remains or not there.isdisjoint(section.addons)
        if section.loss and goes and asked.isdisjoint(section.addons):
            yield section.loss


def addons_taken_over(wanted: Wanted) -> Iterator[str]:
    """Say of each add-on that becomes ours what that means, and whose pods are made anew."""
    if wanted.cluster.rke is None or not wanted.observed.api:
        return
    for name, section in SECTIONS.items():
        for addon in sorted(section.addons & _ours(wanted)):
            objects = [found for found in wanted.observed.objects if found.addon == addon]
            if any(_is_parent(found) and found.state is ObjectState.ABSENT for found in objects):
                anew = ", ".join(found.title for found in objects if _renews_pods(found))
                yield (
                    f"{addon} becomes rke-py's, without RKE's job: later runs keep it as cluster.yml has it. "
                    f"An RKE that runs after that applies its own over it{_once_deleted(addon, objects)}"
                )
                if anew:
                    yield f"{name}: pods are made anew, as the update strategy says: {anew}"


def addons_that_stay(wanted: Wanted) -> Iterator[str]:
    """Say that another version of RKE's leaves the add-ons as RKE's jobs applied them last."""
    before = wanted.state.configuration.get("kubernetesVersion")
    if wanted.cluster.rke is None or before == wanted.cluster.version:
        return
    ours = {name for name, section in SECTIONS.items() if not section.addons.isdisjoint(_ours(wanted))}
    configuration = wanted.state.configuration
    stay = [
        words for words, name in _STAY.items() if name not in ours and SECTIONS[name].provider(configuration) != "none"
    ]
    if not stay:
        return
    *most, last = stay
    names = f"{', '.join(most)} and {last}" if most else last
    yield f"{names} stay as RKE applied them: their images do not follow the version"


def _ours(wanted: Wanted) -> frozenset[str]:
    return frozenset(addon.name for addon in wanted.addons)


def _once_deleted(addon: str, objects: Iterable[ObservedObject]) -> str:
    """Say what has to go first where the API server refuses RKE's: its kubectl cannot merge it with fields of ours."""
    if addon not in _NOT_MERGED:
        return ""
    names = (found.name for found in objects if found.kind == "DaemonSet")
    return "".join(f", once you did: kubectl -n kube-system delete --cascade=orphan daemonset {name}" for name in names)


def _is_parent(found: ObservedObject) -> bool:
    return found.kind == "ConfigMap" and found.name == f"{SET_PREFIX}{found.addon}"


def _renews_pods(found: ObservedObject) -> bool:
    """Tell whether what differs of a workload makes its pods anew."""
    pods = any(part in field for field in found.changed for part in ("spec.template", "spec.selector"))
    return found.kind in _WORKLOADS and found.state is ObjectState.DIFFERENT and pods
