"""What a snapshot from before a rotation has of then: pods that read the old CA, tokens that the old key signed."""

from __future__ import annotations

from rke_py.errors import Problem
from rke_py.pki.inspect import fingerprints
from rke_py.pki.rotation import Kind, Phase, key_id
from rke_py.plan.model import Plan, Stage, Turn
from rke_py.plan.restore.model import Snapshot
from rke_py.plan.steps import AwaitRootCa, RenewTokens
from rke_py.plan.workloads import PODS, restart_stage, sort_workloads
from rke_py.progress import Warned
from rke_py.render.addons import render_addons
from rke_py.rollout.proof import ask_api
from rke_py.rollout.run import Outcome
from rke_py.workflows.restore_look import RestoreRun
from rke_py.workflows.work import carry_out

_SIGNING_KEY = "service-account-private-key-file"
"""With this flag the owner has a key of his own."""

_RESTART_TIMEOUT = 600
_WHY = "the snapshot is from before another CA, and a process reads it at its start"
_HINT = "Restart them: kubectl rollout restart; a pod that nothing would make anew has to be made anew by its owner."


def past_authority(run: RestoreRun, snapshot: Snapshot) -> bool:
    """Tell whether a snapshot is from before the present CA; not where its manifest does not say."""
    theirs = snapshot.names("authorities")
    return bool(theirs) and not theirs.issuperset(fingerprints(run.state.bundle["kube-ca"].certificate))


def renew_pods(run: RestoreRun, snapshot: Snapshot) -> Outcome:
    """Restart the add-ons' pods once every namespace has the present CA, and name the workloads of others.

    kubelets start the pods of then as soon as an API server answers, before kube-controller-manager has written the
    present CA into their namespaces: what trusts the old one alone reaches no API server.

    In the first roll of a rotation that is not so yet, nor does every kube-controller-manager have the new CA: that
    roll goes on after the restore, and renews pods at its end.
    """
    if not past_authority(run, snapshot) or _does(run, Kind.AUTHORITIES, Phase.TRUST):
        return Outcome()
    api, site = run.access.api, run.site
    turn = Turn(stage=PODS, host="", steps=(AwaitRootCa(host="", why=(_WHY,)),), disrupts=False)
    known = _perform(run, Stage(name=PODS, turns=(turn,), limit=0))
    if known.failures or known.interrupted:
        return known
    old = ask_api(site, lambda: api.workloads_before(api.server_time()))
    found = sort_workloads(old, render_addons(site.cluster, site.memory.state.bundle), users=False)
    token = site.memory.state.restore.token if site.memory.state.restore else snapshot.sha256
    restarted = _perform(run, restart_stage(found.restarted, token, _RESTART_TIMEOUT, _WHY))
    if found.left:
        what = f"these trust the CA of then until they are restarted: {', '.join(map(str, found.left))}"
        run.context.reporter.report(Warned(problem=Problem(where="", what=what, hint=_HINT, warning=True)))
    return restarted


def renew_tokens(run: RestoreRun) -> Outcome:
    """Have tokens in Secrets made anew that a key from before a rotation signed: nobody believes them any more.

    A token that does not say its key, from before Kubernetes 1.16, is no sign of that: it may well be good. While a
    rotation has not given every kube-controller-manager the new key, tokens are for its own roll to renew.
    """
    site = run.site
    owned = _SIGNING_KEY in site.cluster.services.kube_controller.flags
    if owned or _does(run, Kind.SERVICE_ACCOUNT, Phase.ISSUE):
        return Outcome()
    wanted = key_id(site.memory.state.bundle["kube-service-account-token"])
    others = set(ask_api(site, run.access.api.token_keys).values()) - {wanted, ""}
    if not others:
        return Outcome()
    why = "the snapshot is from before another service-account key"
    turn = Turn(stage=PODS, host="", steps=(RenewTokens(host="", why=(why,)),), disrupts=False)
    return _perform(run, Stage(name=PODS, turns=(turn,), limit=0))


def _does(run: RestoreRun, kind: Kind, phase: Phase) -> bool:
    """Tell whether that roll of that rotation is under way; a restore lets each be reached anew."""
    rotation = run.site.memory.state.rotation
    return rotation is not None and (rotation.kind, rotation.phase) == (kind, phase)


def _perform(run: RestoreRun, stage: Stage) -> Outcome:
    return carry_out(Plan(stages=(stage,)), run.site, run.context, api=True) if stage.turns else Outcome()
