"""When an object works, by its own conditions; nothing but values here is asked, ``wait`` does the asking."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rke_py.errors import ApiError, ApiUnavailable
from rke_py.kube.apply.evidence import evidence
from rke_py.kube.apply.silent_nodes import advice, without_silent_nodes
from rke_py.kube.objects import Manifest, Objects
from rke_py.kube.waiting import wait_until

_INTERVAL_SECONDS = 0.5
_LONGEST_SECONDS = 2.0
_GRACE_SECONDS = 30


class _NotYet(ApiError):
    """Some objects do not work yet."""


class Failed(ApiError):
    """An object says that it will never work: a failed Job."""


def wait(objects: Objects, addon: str, manifests: Sequence[Manifest], timeout: float) -> None:
    """Wait until the objects' own conditions say that they work.

    Args:
        objects: The cluster's objects.
        addon: What they belong to, for the message.
        manifests: The objects; those of kinds that have no such condition are not waited for.
        timeout: Seconds, for a DaemonSet since its last pod was made anew: they are a few at a time, on any number of
            nodes. What old pods may take to end comes on top. Then ApiError tells pod conditions, events and last log
            lines.
    """
    patience = timeout + max(map(_ending, manifests), default=0)
    waiting = {objects.ref(manifest): manifest for manifest in manifests if manifest["kind"] in _MISSING}
    renewed = dict.fromkeys(waiting, 0)

    def attempt() -> None:
        lacking, gets_on = [], False
        for ref, manifest in tuple(waiting.items()):
            live = objects.read(manifest)
            missing, before = missing_of(live), renewed[ref]
            renewed[ref] = max(before, _renewed(live))
            gets_on = gets_on or renewed[ref] > before
            if missing and live is not None and live["kind"] == "DaemonSet":
                missing = missing_of(without_silent_nodes(objects, live))
            if missing:
                lacking.append(f"{ref}: {missing}")
            else:
                del waiting[ref]
        if lacking and not gets_on:
            raise _NotYet("; ".join(lacking))

    try:
        while waiting:
            wait_until(
                attempt,
                timeout=patience,
                retry=(_NotYet, ApiUnavailable),
                interval=_INTERVAL_SECONDS,
                longest=_LONGEST_SECONDS,
            )
    except (_NotYet, Failed) as error:
        raise ApiError(
            f"{addon} does not work after {patience:.0f} s: {error.what}"
            if isinstance(error, _NotYet)
            else f"{addon} failed: {error.what}",
            evidence=tuple(line for manifest in waiting.values() for line in evidence(objects, manifest)),
            hint=" ".join(filter(None, (advice(objects, manifest) for manifest in waiting.values()))),
        ) from error


def _ending(manifest: Manifest) -> int:
    """Return the seconds for which a pod may end before the next is made, beyond the usual 30 s."""
    if manifest["kind"] not in ("DaemonSet", "StatefulSet"):
        return 0
    pod = manifest.get("spec", {}).get("template", {}).get("spec", {})
    return max(0, int(pod.get("terminationGracePeriodSeconds", _GRACE_SECONDS)) - _GRACE_SECONDS)


def _renewed(live: Manifest | None) -> int:
    """Return how many pods of a DaemonSet are of its newest version, 0 for anything else."""
    if live is None or live["kind"] != "DaemonSet" or _unseen(live):
        return 0
    return int(live.get("status", {}).get("updatedNumberScheduled", 0))


def missing_of(live: Manifest | None) -> str:
    """Return what an object lacks to work, empty when it works; raises Failed when it never will."""
    if live is None:
        return "is not there"
    lacks = _MISSING.get(live["kind"])
    return lacks(live) if lacks else ""


def _deployment(live: Manifest) -> str:
    wanted, status = live["spec"].get("replicas", 1), live.get("status", {})
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    return (
        _unseen(live)
        or (f"{updated} of {wanted} pods are new" if updated < wanted else "")
        or ("old pods are still there" if status.get("replicas", 0) > updated else "")
        or (f"{available} of {wanted} pods are available" if available < wanted else "")
    )


def _daemon_set(live: Manifest) -> str:
    status = live.get("status", {})
    wanted, available = status.get("desiredNumberScheduled", 0), status.get("numberAvailable", 0)
    updated = wanted if _on_delete(live) else status.get("updatedNumberScheduled", 0)
    return (
        _unseen(live)
        or (f"{updated} of {wanted} pods are new" if updated < wanted else "")
        or (f"{available} of {wanted} pods are available" if available < wanted else "")
    )


def _stateful_set(live: Manifest) -> str:
    wanted, status = live["spec"].get("replicas", 1), live.get("status", {})
    ready, strategy = status.get("readyReplicas", 0), live["spec"].get("updateStrategy", {})
    kept = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    updated = wanted if _on_delete(live) else status.get("updatedReplicas", 0) + min(kept, wanted)
    return (
        _unseen(live)
        or (f"{updated} of {wanted} pods are new" if updated < wanted else "")
        or (f"{ready} of {wanted} pods are ready" if ready < wanted else "")
    )


def _job(live: Manifest) -> str:
    failed = _condition(live, "Failed")
    if failed.get("status") == "True":
        raise Failed(f"Job {live['metadata']['name']}: {failed.get('message') or failed.get('reason')}")
    return _lacking_condition(live, "Complete")


def _pod(live: Manifest) -> str:
    phase = live.get("status", {}).get("phase", "Pending")
    if phase == "Failed":
        raise Failed(f"Pod {live['metadata']['name']} failed")
    return "" if phase == "Succeeded" else _lacking_condition(live, "Ready")


def _lacking_condition(live: Manifest, kind: str) -> str:
    condition = _condition(live, kind)
    if condition.get("status") == "True":
        return ""
    return ": ".join(filter(None, (f"not {kind}", condition.get("reason"), condition.get("message"))))


def _condition(live: Manifest, kind: str) -> Mapping[str, Any]:
    conditions: Sequence[Mapping[str, Any]] = live.get("status", {}).get("conditions") or ()
    return next((condition for condition in conditions if condition["type"] == kind), {})


def _unseen(live: Manifest) -> str:
    """Tell whether the controller has not seen the newest version yet; its status is about an older one then."""
    seen = live.get("status", {}).get("observedGeneration", 0)
    return "" if seen >= live["metadata"].get("generation", 0) else "its controller has not seen it yet"


def _on_delete(live: Manifest) -> bool:
    return bool(live["spec"].get("updateStrategy", {}).get("type") == "OnDelete")


_MISSING: Mapping[str, Callable[[Manifest], str]] = {
    "APIService": lambda live: _lacking_condition(live, "Available"),
    "CustomResourceDefinition": lambda live: _lacking_condition(live, "Established"),
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "Job": _job,
    "Pod": _pod,
    "StatefulSet": _stateful_set,
}
