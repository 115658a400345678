"""Steps by which a cluster leaves RKE's own releases: a node with its pods, and what RKE left in the cluster."""

from __future__ import annotations

from contextlib import suppress

from rke_py.errors import ApiError, ApiUnavailable, ProofFailed, RkeError
from rke_py.plan.compare import differences
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.migration import of_rke
from rke_py.plan.reconcile import old_name
from rke_py.plan.steps import ForgetRke, MigrateNode, ProveNode
from rke_py.rollout.docker_pods import remove_docker_pods
from rke_py.rollout.gate import Deed
from rke_py.rollout.owners import start
from rke_py.rollout.proof import ask_api, last_lines, prove_container, prove_settled
from rke_py.rollout.readiness import prove_ready
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command
from rke_py.transport.interface import Engine

_PODS_TIMEOUT = 300
_RELEASE_TIMEOUT = 120
_GRACE = 10
_POLICY = "always"
_OLD_KUBELET = old_name("kubelet")


def _images_there(step: MigrateNode, site: Site) -> None:
    for image in (step.tools, *(spec.image for spec in step.specs)):
        site.images.ensure(step.host, image)


def _migrate(step: MigrateNode, site: Site) -> None:
    """Set RKE's aside, take the pods off the host, start ours; continues from wherever a killed run stopped.

    The kubelet stops first, or it would make the pods anew that are taken away, and no pod is there any more before
    another kubelet is: two runtimes never share the host's pod network.
    """
    engine = site.fleet[step.host].engine
    for name in sorted(step.old, key=lambda name: name != "kubelet"):
        _set_aside(engine, name)
    remove_docker_pods(engine, step.grace)
    run_tools_command(step.host, ("release-addresses",), site, timeout=_RELEASE_TIMEOUT)
    for spec in step.specs:
        _start_ours(spec, step.host, site)


def _start_ours(spec: ContainerSpec, host: str, site: Site) -> None:
    """Start a container of ours; one that an earlier run made is as it was wanted then."""
    engine = site.fleet[host].engine
    found = engine.inspect(spec.name)
    if found is not None and differences(spec, found):
        engine.stop(spec.name, spec.grace)
        engine.remove(spec.name)
        found = None
    if found is None:
        engine.create(spec)
    start(spec, host, site)


def _set_aside(engine: Engine, name: str) -> None:
    """Stop RKE's container and put it aside; its policy goes first, or Docker would start it after a reboot."""
    found, old = engine.inspect(name), old_name(name)
    if found is None or not of_rke(found):
        return
    engine.remove(old)  # of a replacement that was interrupted before: the one that has the name is the later
    engine.set_restart(name, "no")
    engine.stop(name, _GRACE)
    engine.rename(name, old)


def _prove(step: MigrateNode, site: Site) -> None:
    """Prove each container, then the node with all of them; only then what is aside is not needed any more.

    The old kubelet goes first: without it nothing is put back.
    """
    for spec in step.specs:
        prove_container(spec, step.host, site)
    aside = tuple(map(old_name, step.old))
    prove_ready(ProveNode(host=step.host, version=step.version, timeout=step.timeout), site)
    prove_settled(step.host, site, without=aside)
    engine = site.fleet[step.host].engine
    for name in sorted(aside, key=lambda name: name != _OLD_KUBELET):
        engine.remove(name)
    for name in step.leftover:
        engine.remove(name)


def _put_back(step: MigrateNode, site: Site, fault: RkeError) -> RkeError | None:
    """Put RKE's node back with its pods in Docker, prove it, and let pods onto it again.

    An API that is away says nothing against the node, which is proved by the next run. A pod that cannot be taken off
    containerd does not keep RKE's kubelet from coming back.
    """
    if isinstance(fault, ApiUnavailable):
        return None
    engine = site.fleet[step.host].engine
    kubelet = engine.inspect("kubelet")
    if engine.inspect(_OLD_KUBELET) is None and (kubelet is None or not of_rke(kubelet)):
        return None
    evidence = fault.evidence or last_lines("kubelet", step.host, site)
    for spec in reversed(step.specs):
        found = engine.inspect(spec.name)
        if found is not None and not of_rke(found):
            engine.set_restart(spec.name, "no")
            engine.stop(spec.name, spec.grace)
            engine.remove(spec.name)
    if kubelet is None or not of_rke(kubelet):
        try:
            run_tools_command(step.host, ("remove-pods",), site, timeout=_PODS_TIMEOUT)
        except RkeError as left:
            evidence = (*evidence, f"pods are left in containerd: {left.what}")
    for name in step.old:
        if engine.inspect(name) is None:
            engine.rename(old_name(name), name)
        engine.set_restart(name, _POLICY)
        engine.start(name)
    what = f"{fault.what}; RKE's node was put back"
    try:
        _prove_old(step, site)
    except RkeError as second:
        what = f"{what} but does not work either: {second.what}"
        return ProofFailed(step.host, what, evidence=(*evidence, *second.evidence), hint=second.hint)
    with suppress(ApiError):
        site.access.api.uncordon(step.host)
    return ProofFailed(step.host, what, evidence=evidence, hint=fault.hint)


def _prove_old(step: MigrateNode, site: Site) -> None:
    for name, check in step.checks.items():
        found = site.fleet[step.host].engine.inspect(name)
        if found is not None:
            spec = ContainerSpec(name=name, image=found.spec.image, entrypoint=(), check=check)
            prove_container(spec, step.host, site)
    if step.before:
        prove_ready(ProveNode(host=step.host, version=step.before, timeout=step.timeout), site)


def _forget(step: ForgetRke, site: Site) -> None:
    ask_api(site, lambda: site.access.api.forget(step.objects))


MIGRATE = Deed(require=_images_there, do=_migrate, prove=_prove, undo=_put_back)
FORGET_RKE = Deed(do=_forget)
