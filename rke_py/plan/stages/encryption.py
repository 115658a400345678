"""The rolls of a change of the encryption, beside those of the API servers: everything written anew, and the proof."""

from __future__ import annotations

from rke_py.cluster.model import Role
from rke_py.pki.encryption import EncryptionChange
from rke_py.pki.rotation import Phase
from rke_py.plan.model import Stage, Turn
from rke_py.plan.stage_names import CLEAN, CONTROL_PLANE, ENCRYPTION, ETCD, LEAVE_CONTROL_PLANE, REWRITING, SETTLE
from rke_py.plan.steps import EncryptionStep, ProveValues, RewriteValues
from rke_py.plan.wanted import Wanted


def encryption_stage(wanted: Wanted) -> Stage:
    """Plan the proof that etcd holds nothing under the old key, before the first API server forgets it.

    Where etcd's CA ended nobody can look before its members trust one another again.
    """
    change = _change(wanted, Phase.DROP)
    if change is None:
        return Stage(name=ENCRYPTION, turns=())
    why = (f"the old key is dropped, {change.what}",)
    after = frozenset({ETCD, SETTLE}) if wanted.members_untrusted else frozenset[str]()
    return _single(ENCRYPTION, ProveValues(host="", prefixes=_prefixes(change), why=why), after)


def rewriting_stage(wanted: Wanted) -> Stage:
    """Plan that everything is written anew, once every API server writes with the new key.

    One that leaves goes before: until then it may write with the old key.
    """
    change = _change(wanted, Phase.ISSUE)
    if change is None:
        return Stage(name=REWRITING, turns=())
    why = (f"the key changes {change.what}",)
    after = frozenset({CONTROL_PLANE, LEAVE_CONTROL_PLANE, CLEAN})
    return _single(REWRITING, RewriteValues(host="", prefixes=_prefixes(change), why=why), after)


def _change(wanted: Wanted, phase: Phase) -> EncryptionChange | None:
    """Return the change in that roll; none while an API server may run that this run does not reach."""
    change = wanted.state.encryption_change
    if change is None or change.phase is not phase or change.reached or not change.rewritten:
        return None
    servers = wanted.cluster.carrying(Role.CONTROLPLANE)
    return change if all(wanted.found(host).reachable for host in servers) else None


def _prefixes(change: EncryptionChange) -> dict[str, str]:
    return {name: key.prefix for name, key in sorted(change.rewritten.items())}


def _single(name: str, step: EncryptionStep, after: frozenset[str]) -> Stage:
    turn = Turn(stage=name, host=", ".join(step.prefixes), steps=(step,), disrupts=False)
    return Stage(name=name, turns=(turn,), limit=0, after=after)
