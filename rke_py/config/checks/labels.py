"""Labels, taints and tolerations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rke_py.config.checks.syntax import is_label_name, is_label_value
from rke_py.config.findings import Finding, Path, nearest
from rke_py.config.schema.nodes import TaintConfig
from rke_py.config.schema.placement import TolerationConfig

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
RESERVED_TAINTS = frozenset(
    {("node-role.kubernetes.io/etcd", "NoExecute"), ("node-role.kubernetes.io/controlplane", "NoSchedule")}
)
"""Key and effect of the taints that follow from the roles."""


def label_findings(path: Path, labels: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what Kubernetes would refuse in a map of labels or a node selector."""
    for key, value in labels.items():
        if not is_label_name(key):
            yield Finding(path=(*path, key), what=f"'{key}' cannot be a label's key", hint=_NAME_RULE, at_key=True)
        if not is_label_value(value):
            yield Finding(path=(*path, key), what=f"'{value}' cannot be a label's value", hint=_VALUE_RULE)


def taint_findings(path: Path, taints: Sequence[TaintConfig]) -> Iterator[Finding]:
    """Yield what Kubernetes would refuse in a node's taints, and the taints that are dropped as in RKE."""
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        place = (*path, index)
        if not is_label_name(taint.key):
            yield Finding(path=(*place, "key"), what=f"'{taint.key}' cannot be a taint's key", hint=_NAME_RULE)
        if not is_label_value(taint.value):
            yield Finding(path=(*place, "value"), what=f"'{taint.value}' cannot be a taint's value", hint=_VALUE_RULE)
        yield from _effect(place, taint.effect, required=True)
        identity = (taint.key, taint.effect)
        if identity in RESERVED_TAINTS:
            what = f"the taint {taint.key}:{taint.effect} follows from the roles; this entry is dropped"
            yield Finding(path=place, what=what, hint="Remove it.", warning=True)
        elif identity in seen:
            what = f"the taint {taint.key}:{taint.effect} is there already; this entry is dropped"
            yield Finding(path=place, what=what, hint="Remove it.", warning=True)
        seen.add(identity)


def toleration_findings(path: Path, tolerations: Sequence[TolerationConfig]) -> Iterator[Finding]:
    """Yield what Kubernetes would refuse in an add-on's tolerations."""
    for index, toleration in enumerate(tolerations):
        place = (*path, index)
        yield from _operator(place, toleration)
        if toleration.key and not is_label_name(toleration.key):
            what = f"'{toleration.key}' cannot be a toleration's key"
            yield Finding(path=(*place, "key"), what=what, hint=_NAME_RULE)
        if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
            what = "tolerationSeconds goes with effect NoExecute only"
            yield Finding(path=place, what=what, hint="Write that effect, or remove the seconds.")
        yield from _effect(place, toleration.effect, required=False)


def _operator(place: Path, toleration: TolerationConfig) -> Iterator[Finding]:
    """Yield what is wrong with the operator, and with the key and the value that it compares."""
    if toleration.operator not in ("", "Exists", "Equal"):
        what = f"'{toleration.operator}' is not an operator of tolerations"
        yield Finding(path=(*place, "operator"), what=what, hint="Use Exists or Equal.")
    if not toleration.key and toleration.operator != "Exists":
        what = "a toleration without key needs operator Exists"
        yield Finding(path=place, what=what, hint="Write operator: Exists to tolerate every taint.")
    if toleration.operator == "Exists" and toleration.value:
        yield Finding(path=(*place, "value"), what="operator Exists takes no value", hint="Remove the value.")
    elif not is_label_value(toleration.value):
        what = f"'{toleration.value}' cannot be a toleration's value"
        yield Finding(path=(*place, "value"), what=what, hint=_VALUE_RULE)


def _effect(place: Path, effect: str, *, required: bool) -> Iterator[Finding]:
    if effect in EFFECTS or (not effect and not required):
        return
    what = f"'{effect}' is not an effect of taints" if effect else "the taint has no effect"
    yield Finding(path=(*place, "effect"), what=what, hint=nearest(effect, EFFECTS))


_NAME_RULE = (
    "A key is [prefix/]name: at most 63 letters, digits, '-', '_', '.', beginning and ending with a letter or digit."
)
_VALUE_RULE = "A value has at most 63 letters, digits, '-', '_', '.', beginning and ending with a letter or digit."
