"""Steps by which a cluster leaves RKE's own releases: a node with its pods, and what RKE left in the cluster."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial

from rke_py.errors import ApiError, ApiUnavailable, ProofFailed, RkeError
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.migration import of_rke
from rke_py.plan.observed import PodImage
from rke_py.plan.reconcile import old_name
from rke_py.plan.registries import login_of
from rke_py.plan.steps import CarryImages, ForgetRke, MigrateNode, ProveNode, ProvePods
from rke_py.rollout.docker_pods import docker_pods
from rke_py.rollout.ending_pods import end_docker_pods, release_addresses
from rke_py.rollout.gate import Deed
from rke_py.rollout.leftovers import discard
from rke_py.rollout.owners import start_as_wanted
from rke_py.rollout.proof import ask_api, last_lines, prove_container, prove_settled
from rke_py.rollout.readiness import prove_ready
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command
from rke_py.transport.interface import Engine

_CARRY_TIMEOUT = 3600
_PODS_TIMEOUT = 300
_GRACE = 10

_POLICY = "always"
_OLD_KUBELET = old_name("kubelet")


def _carry(step: CarryImages, site: Site) -> None:
    """Bring the images; those that pods have credentials of their own for, their kubelet pulls as well as anybody."""
    images = ask_api(site, lambda: site.access.api.images_of(step.host))
    wanted = [{"name": image.name, "always": image.always} for image in images]
    command = ("carry-images", *(("--docker-socket", step.docker_socket) if step.docker_socket else ()))
    told = run_tools_command(step.host, command, site, timeout=_CARRY_TIMEOUT, stdin=json.dumps(wanted).encode())
    left = {image.name for image in images if _has_credentials(image, site)}
    faults = sorted(f"{name}: {fault}" for name, fault in told["missing"].items() if name not in left)
    if faults:
        raise ProofFailed(
            step.host,
            "images of its pods cannot be brought to containerd; the host was not touched",
            evidence=faults,
            hint="Let containerd reach their registry (docs/how-to/private-registry.md), or bring them there with "
            "ctr --namespace k8s.io images import; or delete the pods. Then run rke-py up again.",
        )


def _has_credentials(image: PodImage, site: Site) -> bool:
    """Tell whether kubelets show credentials for an image that nobody has here."""
    registries = site.cluster.registries
    return image.private or login_of(image.name, registries) is not None or any(one.ecr for one in registries)


def _prove_pods(step: ProvePods, site: Site) -> None:
    in_docker = partial(_in_docker, step.host, site) if step.in_docker else None
    try:
        site.access.api.wait_pods_back(step.host, step.unready, step.timeout, in_docker)
    except ApiUnavailable:
        raise
    except ApiError as error:
        raise ProofFailed(
            step.host,
            f"{error.what} {step.timeout} s after the node was",
            evidence=error.evidence,
            hint="Mend or delete them, or let others come all the same (kubectl uncordon); then run rke-py up again.",
        ) from error


def _in_docker(host: str, site: Site) -> frozenset[str]:
    """Return the ids of the containers of pods: what a kubelet wrote that is gone names others."""
    return frozenset(found.id for found in docker_pods(site.fleet[host].engine))


def _images_there(step: MigrateNode, site: Site) -> None:
    for image in (step.tools, *(spec.image for spec in step.specs)):
        site.images.ensure(step.host, image)


def _migrate(step: MigrateNode, site: Site) -> None:
    """Set RKE's aside, take the pods off the host, start ours; continues from wherever a killed run stopped.

    The kubelet stops first, or it would make the pods anew that are taken away, and no pod is there any more before
    another kubelet is: two runtimes never share the host's pod network. RKE's kube-proxy hears where Services lead
    until the pods are gone.
    """
    engine = site.fleet[step.host].engine
    _set_aside(engine, "kubelet")
    end_docker_pods(step.host, step.grace, site)
    for name in step.old:
        _set_aside(engine, name)
    if engine.inspect("kubelet") is None:  # one of ours makes pods, whose addresses nobody else knows of yet
        release_addresses(step.host, site)
    for spec in step.specs:
        start_as_wanted(spec, step.host, site)


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
    for name in (*sorted(aside, key=lambda name: name != _OLD_KUBELET), *step.leftover):
        discard(name, step.host, site)


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
CARRY_IMAGES = Deed(do=_carry)
PROVE_PODS = Deed(do=_prove_pods)
FORGET_RKE = Deed(do=_forget)
