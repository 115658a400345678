"""What ``python -m rke_py.tools COMMAND`` does to a simulated machine, and what it prints."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from rke_py.tools.__main__ import parser
from rke_py.tools.files import ETCD_DATA, FOLDERS, SNAPSHOTS
from rke_py.transport.interface import Output

from . import etcd, restoring, snapshots
from .etcd_api import version_of
from .kubelets import TRACES
from .machine import KeptSnapshot, Machine
from .probe import CNI_PLUGINS, tunnel_of


def run_command(machine: Machine, command: Sequence[str], stdin: bytes | None = None) -> Output:
    """Run a command of the tools image."""
    if command[0] == "--prefix":
        machine.prefixes.add(command[1])
        command = command[2:]
    name, *words = command
    answer = _WITH_INPUT[name](machine, words, stdin) if name in _WITH_INPUT else _COMMANDS[name](machine, words)
    failed = "error" in answer
    return Output(exit_code=int(failed), stdout=json.dumps(answer) + "\n", stderr="")


def _install_cni(machine: Machine, _words: Sequence[str]) -> dict[str, object]:
    if machine.disk_full:
        return {"error": "/opt/cni/bin: no space left on device"}
    machine.cni.update(CNI_PLUGINS)
    return {"installed": list(CNI_PLUGINS)}


def _remove_pods(machine: Machine, _words: Sequence[str]) -> dict[str, object]:
    removed = sorted(machine.pods)
    if not machine.running("kubelet"):
        machine.pods.clear()
    return {"removed": removed}


def _release_addresses(machine: Machine, _words: Sequence[str]) -> dict[str, object]:
    released = sorted(machine.addresses)
    machine.addresses.clear()
    return {"released": released}


def _carry_images(machine: Machine, _words: Sequence[str], asked: bytes | None) -> dict[str, object]:
    names = [image["name"] for image in json.loads(asked or b"[]")]
    return {"missing": {name: "not found" for name in names if name in machine.world.faults.not_in_containerd}}


def _clean(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    machine.files = {path: file for path, file in machine.files.items() if not _below_ours(path)}
    machine.traces.clear()
    machine.cni.clear()
    machine.addresses.clear()
    machine.etcd_data = machine.set_aside = None
    machine.prepared.clear()
    machine.replaced.clear()
    if "--snapshots" in words:
        machine.snapshots.clear()
    if kubelet := machine.running("kubelet"):
        kubelet.program.started(kubelet)
    return {"removed": []}


def _leave(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    flags = words.index("--network") if "--network" in words else len(words)
    names = words[: words.index("--staying")] if "--staying" in words else words[:flags]
    staying = words[words.index("--staying") + 1] if "--staying" in words else ""
    kept = TRACES.get(staying, frozenset())
    gone = {trace for name in names for trace in TRACES[name] - kept} & machine.traces
    machine.traces -= gone
    if "--renew-pods" in words:
        machine.pods.clear()
    return {"removed": sorted(gone), "left": []}


def _verify(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    left = [f"file {path}" for path in machine.files if _below_ours(path)]
    left += [*machine.traces, *(f"pod {pod}" for pod in machine.pods), *(f"file /opt/cni/bin/{p}" for p in machine.cni)]
    left += ["folder /var/lib/etcd"] if machine.etcd_data or machine.set_aside else []
    left += [f"file {name}" for name in machine.snapshots] if "--snapshots" in words else []
    return {"left": sorted(left)}


def _delete(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    return {"deleted": [path for path in words if machine.files.pop(path, None)]}


def _set_member_aside(machine: Machine, _words: Sequence[str]) -> dict[str, object]:
    there = machine.etcd_data is not None
    if there:
        machine.set_aside, machine.etcd_data = machine.etcd_data, None
    return {"set_aside": there}


def _drop_learner_data(machine: Machine, _words: Sequence[str]) -> dict[str, object]:
    there = machine.etcd_data is not None
    machine.etcd_data = None
    return {"dropped": there}


def _drop_member_data(machine: Machine, _words: Sequence[str]) -> dict[str, object]:
    there = [name for name, data in (("member", machine.etcd_data), ("discarded", machine.set_aside)) if data]
    machine.etcd_data = machine.set_aside = None
    return {"dropped": there}


def _hand_over(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    user, *paths = words
    uid, _, gid = user.partition(":")
    for path in paths:
        if path == ETCD_DATA:
            machine.etcd_owner = user
        elif file := machine.files.get(path):
            machine.files[path] = replace(file, uid=int(uid), gid=int(gid))
    return {"owner": user}


def _save_snapshot(machine: Machine, words: Sequence[str], state: bytes | None) -> dict[str, object]:
    given = parser().parse_args(["save-snapshot", *words])
    data = machine.etcd_data
    if data is None or etcd.running_since(machine) is None:
        return {"error": "etcdctl: dial tcp 127.0.0.1:2379: connection refused"}
    if machine.disk_full:
        return {"error": f"{SNAPSHOTS} has room for 0 MiB, and a snapshot needs 257 MiB"}
    about = json.loads(given.about)
    content = restoring.content_of(machine, given.name)
    manifest = {
        "name": given.name,
        **about,
        "etcd": version_of(machine),
        "revision": 100,
        "keys": 10,
        "size": 1 << 20,
        "sha256": restoring.digest_of(content),
        "cluster": data.group.id,
    }
    kept = KeptSnapshot(manifest=manifest, state=state, content=content, store=copy.deepcopy(data.group.store))
    machine.snapshots[f"{SNAPSHOTS}/{given.name}"] = machine.world.files[content] = kept
    automatic = sorted(name for name in machine.snapshots if "before-a-change" in name)
    if given.keep:
        for old in automatic[: -given.keep]:
            del machine.snapshots[old]
    return manifest


def _ping(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    faults, machines = machine.world.faults, machine.world.machines
    places = {tunnel_of(other): other.name for other in machines.values() if other.powered}

    def answers(address: str) -> dict[str, bool]:
        pair = (machine.name, places.get(address, ""))
        small = pair[1] != "" and pair not in faults.lost_packets
        return {"small": small, "large": small and pair not in faults.lost_large}

    return {"answers": {address: answers(address) for address in words[words.index("--seconds") + 2 :]}}


def _below_ours(path: str) -> bool:
    return any(path.startswith(f"{folder}/") for folder in FOLDERS)


_COMMANDS: Mapping[str, Callable[[Machine, Sequence[str]], dict[str, object]]] = {
    "install-cni": _install_cni,
    "remove-pods": _remove_pods,
    "release-addresses": _release_addresses,
    "clean": _clean,
    "verify": _verify,
    "leave": _leave,
    "delete": _delete,
    "hand-over": _hand_over,
    "set-member-aside": _set_member_aside,
    "ping": _ping,
    "drop-learner-data": _drop_learner_data,
    "drop-member-data": _drop_member_data,
    **restoring.COMMANDS,
}

_WITH_INPUT: Mapping[str, Callable[[Machine, Sequence[str], bytes | None], dict[str, object]]] = {
    "carry-images": _carry_images,
    "save-snapshot": _save_snapshot,
    **snapshots.COMMANDS,
}
