"""``rke-py support-bundle``: what somebody who is to help has to see, in one file and without a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import yaml

from rke_py.config.shown import Sources, entries, nested
from rke_py.errors import HostError, RkeError
from rke_py.observe.hosts import look_at_hosts
from rke_py.pki.expiry import expiries
from rke_py.plan.conventions import is_ours
from rke_py.plan.observed import ObservedHost
from rke_py.release import __version__
from rke_py.state.model import State
from rke_py.stores.bundle import write_bundle
from rke_py.stores.statefile import StateStore
from rke_py.transport.interface import Fleet
from rke_py.transport.parallel import for_each
from rke_py.workflows.context import Context
from rke_py.workflows.doctor import doctor
from rke_py.workflows.loading import Asked
from rke_py.workflows.remembered import asked_of, running_version
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.status import status

Value = TypeVar("Value")

_TAIL = 4 << 20
"""Bytes at the end of a log of this machine."""

_UNKNOWN_SECRETS = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
    re.compile(r"(?<=-secret-key[ =])\S+"),
)
"""What looks like a secret although nobody named it one: private keys, tokens, passwords in URLs.

A log from before they were masked has the secret keys of S3 that were typed.
"""

_MASK = "[redacted]"
_README = """\
Support bundle of rke-py {version}, {now:%Y-%m-%d %H:%M} UTC.

Private keys, passwords and tokens were taken out, and the values of every container's environment. Addresses, names
and certificates are in here: look through it before you send it to anybody.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle that was written.

    Attributes:
        files: Names of what is in it.
        lacking: What could not be collected, and why.
    """

    path: Path
    files: tuple[str, ...]
    lacking: tuple[str, ...]


def support_bundle(
    context: Context,
    masked: Callable[[str], str],
    path: Path | None = None,
    lines: int = 300,
    *,
    log: Path | None = None,
) -> Bundle:
    """Collect what there is and write it as a compressed tar, mode 0600; nothing in the cluster is changed.

    Args:
        context: Where cluster.yml is and how hosts are reached; is told every secret first.
        masked: Takes what ``Context.protect`` was told out of a text.
        path: Where it goes; None puts it beside cluster.yml.
        lines: How many lines of each container's log.
        log: The log of runs on this machine; None takes the one beside cluster.yml.

    Raises:
        RkeError: cluster.yml has faults, or the bundle cannot be written.
    """
    now = context.clock.now()
    collected = _Collected()
    state = collected.tried("state", lambda: StateStore(context.state_path).read())
    asked = asked_of(context, state)
    context.protect(secrets_of(state or State(lineage=""), asked.loaded.config))
    collected.add("README.txt", _README.format(version=__version__, now=now))
    collected.add("cluster.yml", _configuration(asked))
    _of_this_machine(context, log or context.log_path, state, now, collected)
    _of_cluster(asked, state, context, collected, lines)
    if collected.lacking:
        collected.add("LACKING.txt", "\n".join(collected.lacking) + "\n")
    target = path or context.config.with_name(f"{context.config.stem}-support-{now:%Y%m%dT%H%M%SZ}.tar.gz")
    clean = {name: _without_unknown(masked(text)).encode() for name, text in collected.files.items()}
    write_bundle(target, clean, now)
    return Bundle(path=target, files=tuple(clean), lacking=tuple(map(masked, collected.lacking)))


class _Collected:
    """Texts by name, and what could not be had."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.lacking: list[str] = []

    def add(self, name: str, text: str) -> None:
        self.files[name] = text

    def json(self, name: str, data: object) -> None:
        self.files[name] = json.dumps(data, indent=2, default=str, ensure_ascii=False) + "\n"

    def tried(self, what: str, get: Callable[[], Value]) -> Value | None:
        """Return what ``get`` returns; when that fails, note why."""
        try:
            return get()
        except RkeError as error:
            self.lacking.append(f"{what}: {error}")
            return None


def _configuration(asked: Asked) -> str:
    """Return what cluster.yml comes to, every default in it and no value that may be a secret."""
    loaded = asked.loaded
    found = entries(asked.completed, Sources(given=loaded.config, positions=loaded.positions))
    return yaml.safe_dump(nested(found), sort_keys=False, allow_unicode=True)


def _of_this_machine(context: Context, log: Path, state: State | None, now: datetime, collected: _Collected) -> None:
    """Collect what the state tells without its keys, the journal and the log."""
    if state is not None:
        collected.json("state.json", _state(state, now))
    for path in (context.journal_path, log):
        try:
            with path.open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - _TAIL))
                collected.add(path.name, file.read().decode(errors="replace"))
        except OSError as error:
            collected.lacking.append(f"{path.name}: {error.strerror}")


def _state(state: State, now: datetime) -> Mapping[str, object]:
    """Return what a state tells without a key in it."""
    return {
        "lineage": state.lineage,
        "serial": state.serial,
        "etcd": {"bootstrapped": state.etcd.bootstrapped, "first": state.etcd.first, "id": state.etcd.cluster_id},
        "hosts": {name: {"address": one.address, "roles": sorted(one.roles)} for name, one in state.hosts.items()},
        "machines": {name: asdict(machine) for name, machine in state.machines.items()},
        "version": running_version(state),
        "supplied": sorted(state.supplied),
        "certificates": [asdict(one) for one in expiries(state.bundle, now)],
    }


def _of_cluster(asked: Asked, state: State | None, context: Context, collected: _Collected, lines: int) -> None:
    """Collect status, diagnosis, what the API tells, and what every host carries, with logs."""
    if state is None:
        return
    found = collected.tried("status", lambda: status(context))
    if found is not None:
        collected.json("status.json", {"healthy": found.healthy, **asdict(found)})
    diagnosis = collected.tried("doctor", lambda: doctor(context))
    if diagnosis is not None:
        collected.json("doctor.json", asdict(diagnosis))
    cluster = asked.cluster
    with (
        context.edges.fleet(cluster, context) as fleet,
        context.edges.access(cluster, fleet, lambda: state.bundle) as access,
    ):
        told = collected.tried("kubernetes", lambda: access.api.account() if access.api.ready() else None)
        for name, data in (told or {}).items():
            collected.json(f"kubernetes/{name}.json", data)
        hosts = look_at_hosts(cluster.every, fleet, context.skip)
        collected.lacking += [str(host.fault) for host in hosts.values() if host.fault]
        _of_hosts(fleet, {name: host for name, host in hosts.items() if host.reachable}, collected, lines)


def _of_hosts(fleet: Fleet, hosts: Mapping[str, ObservedHost], collected: _Collected, lines: int) -> None:
    """Collect what hosts carry of the cluster; containers of others, pods among them, are nobody's business here."""
    ours = {name: [one.name for one in host.containers.values() if is_ours(one)] for name, host in hosts.items()}
    every = [(name, container) for name, containers in ours.items() for container in containers]
    logs = for_each(every, lambda one: "\n".join(fleet[one[0]].engine.logs(one[1], lines)))
    for name, host in hosts.items():
        data = {
            "facts": asdict(host.facts) if host.facts else None,
            "containers": [_container(host, container) for container in ours[name]],
            "files": [_file(host, path) for path in sorted(host.files or {})],
        }
        collected.json(f"hosts/{name}/host.json", data)
    for (name, container), found in logs.items():
        if isinstance(found, HostError):
            collected.lacking.append(f"log of {container}: {found}")
        else:
            collected.add(f"hosts/{name}/{container}.log", found + "\n")


def _container(host: ObservedHost, name: str) -> Mapping[str, object]:
    """Return a container without the values of its environment."""
    shown = asdict(host.containers[name])
    shown["spec"]["env"] = [variable.partition("=")[0] for variable in host.containers[name].spec.env]
    shown["image_env"] = [variable.partition("=")[0] for variable in host.containers[name].image_env]
    return shown


def _file(host: ObservedHost, path: str) -> Mapping[str, object]:
    """Return what can be told of a file without its content."""
    file = (host.files or {})[path]
    return {"path": path, "mode": oct(file.mode), "uid": file.uid, "gid": file.gid, "size": len(file.content)}


def _without_unknown(text: str) -> str:
    for pattern in _UNKNOWN_SECRETS:
        text = pattern.sub(_MASK, text)
    return text
