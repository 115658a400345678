"""Steps that leave a host as it was: remove the pods, clean, and prove that nothing of ours is left."""

from __future__ import annotations

from rke_py.errors import ProofFailed
from rke_py.plan.steps import CleanHost, LeaveAddons, RemovePods
from rke_py.rollout.docker_pods import remove_docker_pods, renew_docker_pods
from rke_py.rollout.gate import Deed
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command

_PODS_TIMEOUT = 300
_CLEAN_TIMEOUT = 180


def _remove_pods(step: RemovePods, site: Site) -> None:
    """Remove them; those in Docker without their runtime, which ended with the kubelet: its traces go later."""
    if step.in_docker:
        remove_docker_pods(site.fleet[step.host].engine)
        return
    run_tools_command(step.host, ("remove-pods",), site, timeout=_PODS_TIMEOUT)


def _clean(step: CleanHost, site: Site) -> None:
    networks = (word for network in step.networks for word in ("--network", network))
    run_tools_command(step.host, ("clean", *_snapshots(step), *networks), site, timeout=_CLEAN_TIMEOUT)


def _prove(step: CleanHost, site: Site) -> None:
    left = run_tools_command(step.host, ("verify", *_snapshots(step)), site, timeout=_CLEAN_TIMEOUT)["left"]
    if left:
        hint = "Run the same command again; what stays then is held by something else on the host."
        raise ProofFailed(step.host, "something of the cluster is still on the host", evidence=left, hint=hint)


def _snapshots(step: CleanHost) -> tuple[str, ...]:
    return ("--snapshots",) if step.snapshots else ()


def _leave(step: LeaveAddons, site: Site) -> None:
    """Remove, look again and remember; what an earlier, killed run removed is not there any more, which is fine."""
    command = ["leave", *step.leaving]
    command += ["--staying", step.staying] if step.staying else []
    command += [word for network in step.networks for word in ("--network", network)]
    command += ["--renew-pods", str(step.grace)] if step.renew_pods and not step.in_docker else []
    stay = renew_docker_pods(site.fleet[step.host].engine) if step.renew_pods and step.in_docker else ()
    left = [*stay, *run_tools_command(step.host, command, site, timeout=_PODS_TIMEOUT)["left"]]
    if left:
        hint = "Run rke-py up again; what stays then is held by something else on the host."
        what = f"something of {', '.join(step.leaving)} is still on the host"
        raise ProofFailed(step.host, what, evidence=left, hint=hint)
    site.memory.change(lambda state: state.without_traces(step.host, step.leaving, step.staying or "none"))


LEAVE = Deed(do=_leave)
REMOVE_PODS = Deed(do=_remove_pods)
CLEAN = Deed(do=_clean, prove=_prove)
