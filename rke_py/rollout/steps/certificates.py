"""Steps on certificates: prove what running servers show, and bring pods what they rest on."""

from __future__ import annotations

from rke_py.errors import ProofFailed
from rke_py.pki.rotation import key_id
from rke_py.plan.steps import AwaitRootCa, DropOldCas, ProveCertificate, RenewTokens, RestartWorkload
from rke_py.progress import Note
from rke_py.rollout.gate import Deed
from rke_py.rollout.proof import ask_api, wait_for
from rke_py.rollout.site import Site

_TIMEOUT = 120
"""Seconds: Kubernetes' servers notice a changed file at once, and look at it every minute where they were not told."""


def _prove(step: ProveCertificate, site: Site) -> None:
    def missing() -> str:
        found = site.access.shown(step.host, step.port, step.certificate)
        return "" if found.ok else found.detail

    late = wait_for(site, missing, _TIMEOUT)
    if late:
        hint = f"Restart it on the host, when it can be spared: docker restart {step.name}"
        raise ProofFailed(step.host, f"{step.name} does not take up its new certificate: {late}", hint=hint)


def _drop_old_cas(step: DropOldCas, site: Site) -> None:
    ask_api(site, lambda: site.access.api.set_client_cas(step.bundles))


def _await_root_ca(step: AwaitRootCa, site: Site) -> None:
    ca = site.memory.state.bundle["kube-ca"].certificate
    ask_api(site, lambda: site.access.api.await_root_ca(ca, step.timeout))


def _restart_workload(step: RestartWorkload, site: Site) -> None:
    ask_api(site, lambda: site.access.api.restart_workload(step.workload, step.mark, step.timeout))


def _renew_tokens(_step: RenewTokens, site: Site) -> None:
    wanted = key_id(site.memory.state.bundle["kube-service-account-token"])
    renewed = ask_api(site, lambda: site.access.api.renew_tokens(wanted))
    if renewed:
        text = f"new tokens, whose copies elsewhere have to be replaced: {', '.join(renewed)}"
        site.reporter.report(Note(text=text))


PROVE = Deed(do=_prove)
DROP_OLD_CAS = Deed(do=_drop_old_cas)
AWAIT_ROOT_CA = Deed(do=_await_root_ca)
RESTART_WORKLOAD = Deed(do=_restart_workload)
RENEW_TOKENS = Deed(do=_renew_tokens)
