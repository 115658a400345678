"""Gives back what pods had of the pod network that ran in Docker and are gone.

cri-dockerd keeps, as libcni does, a file for each attachment: the configuration it was made with and what came of it
(``/var/lib/cni/cache/results``; containerd's are elsewhere). With that each plugin is told DEL as the runtime would
have told it. What a plugin could not give back of host-local's addresses is deleted.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from rke_py.tools.cri import SOCKET, Runtime
from rke_py.tools.errors import CriError
from rke_py.tools.namespaces import PROGRAMS, enter_host_root
from rke_py.tools.network import remove_rules
from rke_py.tools.traces import Traces

_STATE, _OF_CRI_DOCKERD = "var/lib/cni", "var/lib/cri-dockerd"
_SOCKET = "run/cri-dockerd.sock"
_PLUGINS = "opt/cni/bin"
_TIMEOUT = 20
_AT_ONCE = 8
"""Sandboxes: plugins guard what they share with locks of their own, since runtimes call them for several at once."""

_HOST_PORTS = Traces(chains=("CNI-HOSTPORT-.*", "CNI-DN-.*", "CNI-SN-.*", "KUBE-HOSTPORTS", "KUBE-HP-.*"))
"""Chains of ports of the host that lead to pods; each pod's own are made anew with it."""


def release_addresses(prefix: str = "/") -> dict[str, Any]:
    """Release everything that no pod of containerd's has.

    Args:
        prefix: Where the host keeps some of the folders.

    Returns:
        ``released``: ids of pods' sandboxes; ``failed``: what plugins said who could not give something back.
    """
    live = living()
    if live is not None and not live:
        remove_rules(_HOST_PORTS)
    enter_host_root()
    return release([Path("/"), *([Path(prefix)] if prefix != "/" else [])], live)


def release(roots: Sequence[Path], live: Collection[str] | None) -> dict[str, Any]:
    """Release what is written down below some root folders, the first of which has the plugins.

    Args:
        roots: Folders.
        live: Ids of the sandboxes that run pods by now; None where nobody knows, so that no address is deleted.
    """
    released: list[str] = []
    failed: list[str] = []
    for root in roots:
        attachments = _attachments(root / _STATE / "cache" / "results", live or ())
        released += attachments
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for faults in pool.map(partial(_release, root=roots[0]), attachments.values()):
                failed += faults
        if live is not None:
            released += _forget(root / _STATE / "networks", live)
        shutil.rmtree(root / _OF_CRI_DOCKERD, ignore_errors=True)
    (roots[0] / _SOCKET).unlink(missing_ok=True)
    return {"released": sorted(dict.fromkeys(released)), "failed": failed}


def _attachments(folder: Path, live: Collection[str]) -> Mapping[str, list[Path]]:
    """Return the files of attachments by the sandbox they are of, without those of sandboxes that live."""
    found: dict[str, list[Path]] = {}
    for file in _files(folder):
        sandbox = str(_read(file).get("containerId", ""))
        if sandbox and sandbox not in live:
            found.setdefault(sandbox, []).append(file)
    return found


def _release(files: Sequence[Path], root: Path) -> list[str]:
    """Release the attachments of one sandbox, one after another, as a runtime does; return what failed."""
    failed = []
    for file in files:
        told = _read(file)
        failed += [f"{str(told['containerId'])[:12]}: {fault}" for fault in _detach(told, root)]
        file.unlink(missing_ok=True)
    return failed


def living(socket: str = SOCKET) -> frozenset[str] | None:
    """Return the ids of containerd's sandboxes, none where it does not run or serves no pods; None: nobody knows."""
    if not os.path.exists(socket):
        return frozenset()
    try:
        with Runtime(socket) as runtime:
            return frozenset(sandbox.id for sandbox in runtime.sandboxes())
    except CriError as error:
        return frozenset() if error.unimplemented else None


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def _read(file: Path) -> Mapping[str, Any]:
    try:
        told = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _detach(told: Mapping[str, Any], root: Path) -> Iterator[str]:
    """Tell each plugin of an attachment DEL, the last one first; yield what those said that failed."""
    try:
        network = json.loads(b64decode(told.get("config", "")))
    except ValueError:
        yield "its configuration cannot be read"
        return
    environment = {
        "CNI_COMMAND": "DEL",
        "CNI_CONTAINERID": str(told["containerId"]),
        "CNI_NETNS": "",
        "CNI_IFNAME": str(told.get("ifName", "eth0")),
        "CNI_ARGS": ";".join(f"{key}={value}" for key, value in told.get("cniArgs") or ()),
        "CNI_PATH": str(root / _PLUGINS),
        "PATH": PROGRAMS,
    }
    for plugin in reversed(network.get("plugins") or ()):
        given = json.dumps(_conf(plugin, network, told)).encode()
        fault = _run(root / _PLUGINS / str(plugin.get("type")), environment, given)
        if fault:
            yield f"{plugin.get('type')}: {fault}"


def _conf(plugin: Mapping[str, Any], network: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plugin's configuration as a runtime hands it over."""
    asked = {name for name, on in (plugin.get("capabilities") or {}).items() if on}
    runtime = {name: value for name, value in (told.get("capabilityArgs") or {}).items() if name in asked}
    return {
        **{key: value for key, value in plugin.items() if key != "capabilities"},
        "name": network.get("name", ""),
        "cniVersion": network.get("cniVersion", ""),
        **({"runtimeConfig": runtime} if runtime else {}),
        **({"prevResult": told["result"]} if told.get("result") else {}),
    }


def _run(program: Path, environment: Mapping[str, str], given: bytes) -> str:
    try:
        ended = subprocess.run(
            [program], env=environment, input=given, capture_output=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if ended.returncode == 0 else ended.stdout.decode(errors="replace").strip() or f"exit {ended.returncode}"


def _forget(networks: Path, live: Collection[str]) -> Iterator[str]:
    """Delete host-local's addresses that no living sandbox has; each file holds the id of the one that it is given to.

    The other files there, a lock and the last address that was given, stay.
    """
    folders = [folder for folder in networks.iterdir() if folder.is_dir()] if networks.is_dir() else []
    for folder in folders:
        for file in _files(folder):
            if file.name == "lock" or file.name.startswith("last_reserved_ip"):
                continue
            owner = file.read_text(errors="replace").split("\n", 1)[0].strip()
            if owner not in live:
                with suppress(FileNotFoundError):
                    file.unlink()
                    yield owner
