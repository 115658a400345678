"""``private_registries``, ``system_images``, ``prefix_path``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rke_py.config.checks.syntax import has_tag, is_image
from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.images import EcrConfig, RegistryConfig
from rke_py.config.versions import is_rke

_ECR = re.compile(r"(https://)?[a-z0-9]+\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?(/.*)?\Z")


def registry_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield registries that no image would match, and credentials that are half there."""
    seen, rke = set[str](), is_rke(config)
    for index, registry in enumerate(config.private_registries):
        path: Path = ("private_registries", index)
        if "://" in registry.url and registry.ecr_credential_plugin is None:
            yield _scheme((*path, "url"), registry, rke=rke)
        elif registry.url and not is_image(f"{registry.url.rstrip('/').lower()}/image"):
            yield Finding(path=(*path, "url"), what=f"'{registry.url}' is not host[:port][/path]")
        if registry.url in seen:
            what = f"{registry.url or 'docker.io'} is there already; the last one counts"
            yield Finding(path=(*path, "url"), what=what, hint="Remove one of the two.", warning=True)
        seen.add(registry.url)
        if registry.ecr_credential_plugin is not None and _says_something(registry.ecr_credential_plugin):
            yield from _ecr(path, registry)
        if bool(registry.user) != bool(registry.password.get_secret_value()):
            missing = "user" if registry.password.get_secret_value() else "password"
            what, hint = f"the registry has no {missing}", "Write both or none."
            yield Finding(path=path, what=what, hint=hint, warning=rke)
        if registry.is_default and not registry.url:
            what = "is_default has no effect without url"
            yield Finding(path=(*path, "is_default"), what=what, warning=True)
    defaults = [index for index, registry in enumerate(config.private_registries) if registry.is_default]
    for index in defaults[1:]:
        what = f"private_registries[{defaults[0]}] is the default already; the first one counts"
        yield Finding(path=("private_registries", index, "is_default"), what=what, warning=True)


def _scheme(path: Path, registry: RegistryConfig, *, rke: bool) -> Finding:
    """Tell of a scheme: in RKE's releases kubelets log in with it all the same, but no image's name can begin so."""
    hint = f"Write {registry.url.partition('://')[2].rstrip('/')}."
    if rke and not registry.is_default:
        what = "the url of a registry has no scheme; RKE shows this login to kubelets only"
        return Finding(path=path, what=what, hint=hint, warning=True)
    return Finding(path=path, what="the url of a registry has no scheme", hint=hint)


def _ecr(path: Path, registry: RegistryConfig) -> Iterator[Finding]:
    if not _ECR.match(registry.url):
        what = f"'{registry.url}' is not a registry of Amazon's, and ecr_credential_plugin is for those"
        hint = "Write ACCOUNT.dkr.ecr.REGION.amazonaws.com, or use user and password."
        yield Finding(path=(*path, "url"), what=what, hint=hint, warning=True)
    if registry.user or registry.password.get_secret_value():
        what = "ecr_credential_plugin has no effect for pulls beside user and password"
        hint = "Keep one of them."
        yield Finding(path=(*path, "ecr_credential_plugin"), what=what, hint=hint, warning=True, at_key=True)


def _says_something(ecr: EcrConfig) -> bool:
    return any(getattr(ecr, key).get_secret_value() for key in type(ecr).model_fields)


def image_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield image references that Docker would refuse or that drift."""
    named: list[tuple[Path, str]] = [
        (("system_images", key), image) for key, image in config.system_images.given().items()
    ]
    named.append((("services", "kubelet", "infra_container_image"), config.services.kubelet.infra_container_image))
    for path, image in named:
        if image and not is_image(image):
            what = f"'{image}' is not an image reference"
            yield Finding(path=path, what=what, hint="Write registry/name:tag, without a scheme.")
        elif image and not has_tag(image):
            what = f"{image} has no tag, so what runs may change by itself"
            yield Finding(path=path, what=what, hint="Add a tag or a digest.", warning=True)


def host_path_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield prefixes of host paths that cannot be folders, or are for other machines."""
    if config.prefix_path and not config.prefix_path.startswith("/"):
        what = f"prefix_path {config.prefix_path} is not an absolute path"
        yield Finding(path=("prefix_path",), what=what, hint="Write a folder such as /opt/rke, or leave it out.")
    if config.win_prefix_path:
        what = "win_prefix_path is for Windows hosts and has no effect"
        yield Finding(path=("win_prefix_path",), what=what, hint="Remove it.", warning=True, at_key=True)
