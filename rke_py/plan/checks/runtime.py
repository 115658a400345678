"""Whether the kubelet will find what it needs on the host: a container runtime, no swap it refuses, helpers."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.plan.checks.words import amount, listed
from rke_py.plan.components.kubelet import provider_folder
from rke_py.plan.observed import DeepFacts, Observed
from rke_py.render.credential_providers import ECR_PROVIDER

_CONFIG = "/etc/containerd/config.toml"
_HELPERS = {"mount.nfs": "nfs-common or nfs-utils", "mount.cifs": "cifs-utils"}


def runtime_problems(cluster: Cluster, observed: Observed) -> Iterable[Problem]:
    """Name what the kubelet would fail on, on the hosts that were looked at more deeply."""
    looked_at = {host.name: host.deep for host in observed.hosts.values() if host.deep is not None}
    for name, deep in looked_at.items():
        if cluster.rke is None and not deep.cri:
            yield _no_runtime(name, deep)
        if deep.swap and cluster.services.fail_swap_on:
            yield Problem(
                where=name,
                what=f"{amount(deep.swap)} of swap are on and services.kubelet.fail_swap_on is true",
                hint="Switch it off: swapoff -a, and take it out of /etc/fstab. Or set fail_swap_on: false.",
            )
        if cluster.rke is not None:  # pods are Docker's containers, and the kubelet's image has all that it needs
            continue
        yield from _pause_image(cluster, name, deep)
        folder = provider_folder(cluster)
        if folder and ECR_PROVIDER not in deep.programs:
            hint = f"Put {ECR_PROVIDER} of cloud-provider-aws there, or take ecr_credential_plugin out of cluster.yml."
            what = f"the kubelet has no program for logins to Amazon's registry: {folder}/{ECR_PROVIDER} is missing"
            yield Problem(where=name, what=what, hint=hint)
    yield from _helpers(looked_at if cluster.rke is None else {})


def _no_runtime(name: str, deep: DeepFacts) -> Problem:
    """Say why containerd does not serve the kubelet; Docker's own packages ship it with that half switched off.

    Those before 1.6 speak an older form of it (``runtime.v1alpha2``) alone, which kubelets from 1.26 on do not.
    """
    disabled = "unknown service" in deep.cri_error.lower() or "unimplemented" in deep.cri_error.lower()
    if disabled:
        return Problem(
            where=name,
            what="containerd does not serve CRI v1, which the kubelet needs: it runs without that plugin "
            '(disabled_plugins = ["cri"]), or it is older than 1.6',
            hint=f'Take "cri" out of disabled_plugins in {_CONFIG}, then: systemctl restart containerd. Containers of '
            "Docker keep running. Where containerd --version says 1.5 or less, install a newer one (containerd.io).",
        )
    return Problem(
        where=name,
        what=f"containerd does not answer the kubelet's calls on /run/containerd/containerd.sock: {deep.cri_error}",
        hint="Install containerd (it comes with Docker) and start it: systemctl enable --now containerd.",
    )


def _pause_image(cluster: Cluster, name: str, deep: DeepFacts) -> Iterable[Problem]:
    """Find that containerd would fetch each pod's pause image past the private registry.

    containerd fetches it by itself, without the credentials that the kubelet shows for other images.
    """
    default = next((registry for registry in cluster.registries if registry.is_default), None)
    if default is None or not deep.sandbox_image or deep.sandbox_image.startswith(f"{default.place}/"):
        return
    yield Problem(
        where=name,
        what=f"containerd takes the pause image from {deep.sandbox_image}, not from {default.place}",
        hint=f'Set sandbox_image = "{cluster.images.pod_infra_container}" in {_CONFIG} (containerd 2: '
        "pinned_images.sandbox), then: systemctl restart containerd.",
        warning=True,
    )


def _helpers(looked_at: dict[str, DeepFacts]) -> Iterable[Problem]:
    """Name hosts that cannot mount network file systems: the kubelet uses the host's own programs for that."""
    for helper, package in _HELPERS.items():
        lacking = [name for name, deep in looked_at.items() if helper not in deep.mount_helpers]
        if lacking:
            yield Problem(
                where="",
                what=f"{helper} is missing on {listed(lacking)}: pods there cannot mount such volumes",
                hint=f"Install {package} there if pods are to use them.",
                warning=True,
            )
