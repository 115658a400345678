"""What fits one Kubernetes release and not another: images beside the version, options without effect in it."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.config.checks.deeds import deed_findings
from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig
from rke_py.config.versions import numbers, numbers_of_image, plugin_of, rke_version

_COMPONENTS = (
    *("kubernetes", "kube_apiserver", "kube_controller_manager", "kube_scheduler", "kube_proxy"),
    "kubelet",
)
_CRI_DOCKERD, _NO_DOCKERSHIM = (1, 21, 0), (1, 24, 0)


def release_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what contradicts ``kubernetes_version`` or would have no effect with it."""
    yield from _images(config)
    yield from _cri_dockerd(config)
    yield from _dual_stack(config)
    yield from deed_findings(config)


def _images(config: ClusterConfig) -> Iterator[Finding]:
    given = config.system_images.given()
    pinned = [key for key in _COMPONENTS if key in given]
    version = numbers(config.kubernetes_version)
    if pinned and not config.kubernetes_version:
        found = numbers_of_image(given[pinned[0]])
        runs = f"what runs is {given[pinned[0]]}" if found else "what runs is what these images hold"
        what = f"images are pinned without kubernetes_version: {runs}, and a newer rke-py would change the rest"
        hint = f"Write {_version_of(given[pinned[0]])} and remove the images, which then follow it."
        yield Finding(path=("system_images", pinned[0]), what=what, hint=hint, warning=True)
    for key in pinned:
        tagged = numbers_of_image(given[key])
        if version and tagged and tagged[:2] != version[:2]:
            what = f"the tag of {given[key]} contradicts kubernetes_version {config.kubernetes_version}"
            hint = "Remove the image, or write the version that it holds: the image is what runs."
            yield Finding(path=("system_images", key), what=what, hint=hint, warning=True)


def _version_of(image: str) -> str:
    """Return the key that says what an image of RKE's holds: its tag is the version without the last number."""
    tag = image.rpartition(":")[2]
    return f"kubernetes_version: {tag}-1" if "-rancher" in tag else "kubernetes_version:"


def _cri_dockerd(config: ClusterConfig) -> Iterator[Finding]:
    version, path = rke_version(config), ("enable_cri_dockerd",)
    if version is None:
        return
    if config.enable_cri_dockerd and version < _CRI_DOCKERD:
        what = f"cri-dockerd is there from Kubernetes v1.21 on, not for {config.kubernetes_version}"
        yield Finding(path=path, what=what, hint="Write enable_cri_dockerd: false.")
    if config.enable_cri_dockerd is False and version >= _NO_DOCKERSHIM:
        what = "kubelet cannot use Docker without cri-dockerd from Kubernetes v1.24 on"
        yield Finding(path=path, what=what, hint="Write enable_cri_dockerd: true, or leave it out.", warning=True)
    on = config.enable_cri_dockerd if config.enable_cri_dockerd is not None else version >= _NO_DOCKERSHIM
    for key in ("cri_dockerd_stream_server_address", "cri_dockerd_stream_server_port"):
        if getattr(config, key) and not on:
            what = f"{key} has no effect without cri-dockerd"
            yield Finding(path=(key,), what=what, hint="Remove it.", warning=True, at_key=True)


def _dual_stack(config: ClusterConfig) -> Iterator[Finding]:
    """Check that two families of addresses have a plugin that can give them: RKE's flannel and canal cannot."""
    if rke_version(config) is None:
        return
    ranges: tuple[tuple[Path, str], ...] = (
        (("services", "kube-api", "service_cluster_ip_range"), config.services.kube_api.service_cluster_ip_range),
        (("services", "kube-controller", "cluster_cidr"), config.services.kube_controller.cluster_cidr),
    )
    plugin = plugin_of(config)
    for path, text in ranges:
        if "," in text and plugin not in ("calico", "aci", "none"):
            what = f"two ranges (dual stack) do not work with plugin {plugin}"
            yield Finding(path=path, what=what, hint="Write one range, or use plugin calico.")
            return
