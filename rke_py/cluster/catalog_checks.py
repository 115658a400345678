"""What only the catalog can tell about a configuration: whether its version exists and knows its flags."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.catalog.order import line_of
from rke_py.catalog.release import UPSTREAM, Refused, Release
from rke_py.catalog.removed_flags import without_flag
from rke_py.catalog.versions import find_release, newest
from rke_py.cluster.addon_checks import addon_findings
from rke_py.cluster.images import ADDONS, image_table, resolve_registries
from rke_py.config.findings import Finding, nearest
from rke_py.config.schema import ClusterConfig

COMPONENTS = {
    "etcd": "etcd",
    "kube-api": "kube-apiserver",
    "kube-controller": "kube-controller-manager",
    "scheduler": "kube-scheduler",
    "kubelet": "kubelet",
    "kubeproxy": "kube-proxy",
}
"""The program behind every key of ``services``."""


def catalog_findings(config: ClusterConfig, version: str = "") -> Iterator[Finding]:
    """Yield what the catalog finds wrong; a check for ``config.load.load``.

    Args:
        config: The configuration.
        version: What will run, when it is known better than by ``kubernetes_version``.
    """
    found = find_release(version or config.kubernetes_version or newest(), config.system_images.given())
    if isinstance(found, Refused):
        yield Finding(path=("kubernetes_version",), what=found.what, hint=found.hint, warning=found.readable)
        return
    yield from _flags(config, found)
    yield from _images(config, found)
    yield from addon_findings(config, found)
    if found.family == UPSTREAM:
        yield from _without_login(config, found)


def _flags(config: ClusterConfig, release: Release) -> Iterator[Finding]:
    for key, service in config.services.by_key().items():
        component = COMPONENTS[key]
        for block, arguments in (("extra_args", service.extra_args), ("extra_args_array", service.extra_args_array)):
            for flag in arguments:
                hint = _unknown(component, flag, release)
                if hint is not None:
                    what = f"{component} {line_of(release.minor)} has no flag {flag}"
                    yield Finding(path=("services", key, block, flag), what=what, hint=hint, at_key=True)


def _unknown(component: str, flag: str, release: Release) -> str | None:
    """Return what to try instead of a flag that the component does not know; None when it may know it."""
    known = release.flags.get(component)
    if known is None:
        since = without_flag(component, flag, release.minor)
        return f"Remove it: Kubernetes {line_of(since)} did." if since else None
    plain = not flag.startswith("-") and "=" not in flag and bool(flag.strip())
    return nearest(flag, known) if plain and flag not in known else None


def _images(config: ClusterConfig, release: Release) -> Iterator[Finding]:
    used = {*release.images, *ADDONS, "kubernetes", "tools"}
    idle = [key for key in config.system_images.given() if key not in used]
    if idle:
        what = f"these images have no effect with Kubernetes {line_of(release.minor)}: {', '.join(idle)}"
        yield Finding(path=("system_images",), what=what, hint="Remove them.", warning=True, at_key=True)


def _without_login(config: ClusterConfig, release: Release) -> Iterator[Finding]:
    """Tell of components' images that Docker pulls from Amazon's registry, where it has no login of its own."""
    images = set(image_table(config, release).values())
    for index, registry in enumerate(resolve_registries(config)):
        asked = [image for image in images if registry.ecr and image.startswith(f"{registry.place}/")]
        if asked and not registry.user:
            what = f"Docker has no login for images of components there, such as {min(asked)}"
            hint = "Have them on the hosts before, or write user: AWS and the password of aws ecr get-login-password."
            yield Finding(path=("private_registries", index), what=what, hint=hint, warning=True)
