"""The user's own manifests: what an entry of ``addons_include`` names → its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from rke_py.cluster.model import UserAddon
from rke_py.config.findings import Check, Finding
from rke_py.config.schema import ClusterConfig
from rke_py.errors import RkeError, UsageError

_KEY = "addons_include"
_BEGIN = "The path begins at the folder of cluster.yml."
_DOWNLOAD_TIMEOUT = 30.0
_NAME_LENGTH = 46
_MANIFESTS = (".json", ".yaml", ".yml")
_URLS = ("http://", "https://")


def addons_beside(folder: Path) -> Check:
    """Return the check that the files and folders can be read that ``addons_include`` names; no URL is asked."""

    def beside(config: ClusterConfig) -> Iterator[Finding]:
        for index, reference in enumerate(config.addons_include):
            if reference and not _is_url(reference):
                try:
                    tuple(read_addons(reference, folder))
                except UsageError as fault:
                    yield Finding(path=(_KEY, index), what=fault.what, hint=fault.hint)

    return beside


def read_addons(reference: str, folder: Path) -> Iterator[UserAddon]:
    """Read what an entry of ``addons_include`` names: a URL, or a file or folder beside cluster.yml.

    A folder is all manifests in it by name, each an add-on of its own; folders in it are not looked into.
    """
    if _is_url(reference):
        yield UserAddon(name=addon_name(reference.partition("://")[2]), text=_download(reference))
        return
    path = folder / Path(reference).expanduser()
    if not path.is_dir():
        yield UserAddon(name=addon_name(path.name), text=_read(path, reference))
        return
    files = sorted(file for file in path.iterdir() if file.suffix in _MANIFESTS and file.is_file())
    if any(file.stem.lower() == "kustomization" for file in files):
        hint = "Write what it makes to a folder and name that one: kubectl kustomize FOLDER > OTHER/manifests.yml"
        raise UsageError(f"{reference} is a kustomization, which rke-py does not build", where=_KEY, hint=hint)
    if not files:
        hint = f"Manifests are files that end in {', '.join(_MANIFESTS)}."
        raise UsageError(f"there is no manifest in {reference}", where=_KEY, hint=hint)
    for file in files:
        name = addon_name(f"{path.name}.{file.name}")
        yield UserAddon(name=name, text=_read(file, f"{reference.rstrip('/')}/{file.name}"))


def addon_name(written: str) -> str:
    """Return what an add-on is called in the cluster, where its name is part of an object's.

    What such a name cannot hold becomes dashes; a digest then tells it from others that would be called the same.
    """
    plain = re.sub(r"[^a-z0-9.]+", "-", written.lower()).strip("-.")
    plain = re.sub(r"\.*-*\.[.-]*", ".", plain)[:_NAME_LENGTH].strip("-.")
    if plain == written:
        return plain
    return f"{plain or 'addon'}-{sha256(written.encode()).hexdigest()[:8]}"


def _is_url(reference: str) -> bool:
    return reference.lower().startswith(_URLS)


def _read(path: Path, reference: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{reference} is not UTF-8 text: {error}", where=_KEY) from error
    except OSError as error:
        raise UsageError(f"{reference} cannot be read: {error.strerror}", where=_KEY, hint=_BEGIN) from error


def _download(url: str) -> str:
    import httpx2  # a sixth of a second that only a file with URLs has to pay

    try:
        answer = httpx2.get(url, timeout=_DOWNLOAD_TIMEOUT, follow_redirects=True)
        answer.raise_for_status()
    except httpx2.InvalidURL as error:
        raise UsageError(f"{url} is not a URL: {error}", where=_KEY) from error
    except httpx2.HTTPError as error:
        raise RkeError(f"{url} cannot be downloaded: {error}", where=_KEY) from error
    return answer.text
