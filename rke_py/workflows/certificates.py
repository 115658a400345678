"""``rke-py cert``: requests for the owner's own CA, and when which certificate ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.errors import ConfigError
from rke_py.observe.hosts import look_at_hosts
from rke_py.pki.inspect import CertificateFacts, end_of, facts_of, read_certificate, read_certificates
from rke_py.pki.inventory import Row, inventory
from rke_py.pki.keys import generate_key
from rke_py.pki.line import Usage
from rke_py.pki.paths import FOLDER, certificate_path
from rke_py.pki.request import Request, make_requests
from rke_py.pki.supplied import CERTIFICATE, KEY, read_supplied
from rke_py.plan.observed import ObservedHost
from rke_py.render.haproxy import CLIENT_PATH as API_PROXY_PATH
from rke_py.state.model import State
from rke_py.stores.certificate_folder import read_folder, write_files
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.remembered import existing, running_version
from rke_py.workflows.secrecy import secrets_of

API_PROXY = "kube-api-proxy"


def generate_requests(context: Context, folder: Path) -> tuple[Request, ...]:
    """Write a key and a signing request for every certificate of the cluster that a CA has to sign; ask no host.

    Args:
        context: Where cluster.yml is; a state beside it gives the keys of certificates that there are.
        folder: Where they go; keys that are there stay, and so do requests that still fit.

    Raises:
        ConfigError: Every key in the folder that cannot be used.
    """
    state = StateStore(context.state_path).read()
    cluster = load_cluster(context.config, text=context.text, running_version=running_version(state)).cluster
    rows, files = inventory(cluster), read_folder(folder) if folder.is_dir() else {}
    made = make_requests(
        rows,
        read_supplied(str(folder), files, rows),
        files,
        state.bundle if state else {},
        new_key=lambda: generate_key(cluster.key_algorithm),
    )
    context.protect(text.get_secret_value() for name, text in made.files.items() if name.endswith(KEY))
    if made.problems:
        raise ConfigError(f"some keys in {folder} cannot be used; nothing was written", made.problems)
    write_files(folder, {name: text.get_secret_value().encode() for name, text in made.files.items()})
    return made.requests


class Presence(StrEnum):
    """How a certificate on a host compares with the state's."""

    SAME = "same"
    DIFFERENT = "different"
    MISSING = "missing"
    STRAY = "stray"
    """The state has none of that name for this host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnHost:
    """A certificate on a host; ``not_after`` is when that one ends, None where there is none that can be read."""

    host: str
    presence: Presence
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One certificate of the cluster.

    Attributes:
        subject: Its common name.
        issuer: The common name of who signed it.
        not_after: When the state's ends, or a CA's above it in its file if that is sooner; None for a stray one and for
            one that cannot be read.
        lasting: True for the service-account key's, whose end means nothing.
        supplied: True for the owner's own.
        hosts: Where it is, and where it ought to be; empty when only the state was looked at, or no host gets it.
    """

    name: str
    subject: str = ""
    issuer: str = ""
    not_after: datetime | None = None
    lasting: bool = False
    supplied: bool = False
    hosts: tuple[OnHost, ...] = ()

    @property
    def ends(self) -> datetime | None:
        """When the first of them ends, in the state or on a host; None when that means nothing."""
        ends = [end for end in (self.not_after, *(found.not_after for found in self.hosts)) if end]
        return None if self.lasting else min(ends, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateList:
    """Every certificate of the cluster, the next one to end first; ``silent`` are the hosts that did not answer."""

    now: datetime
    certificates: tuple[Listed, ...]
    silent: Mapping[str, str]


def list_certificates(context: Context, *, offline: bool = False) -> CertificateList:
    """Return every certificate of the cluster, in the state and on the hosts, with its end.

    Args:
        context: Where cluster.yml and the state are, and how hosts are reached.
        offline: Ask no host.

    Raises:
        UsageError: There is no state, so no cluster was made yet.
    """
    state = existing(StateStore(context.state_path).read(), context)
    asked = load_cluster(context.config, text=context.text, running_version=running_version(state))
    cluster = asked.cluster
    context.protect(secrets_of(state, asked.loaded.config))
    hosts: Mapping[str, ObservedHost] = {}
    if not offline:
        with context.edges.fleet(cluster, context) as fleet:
            hosts = look_at_hosts(cluster.hosts, fleet, context.skip)
    found = (*_known(cluster, state, hosts), *_strays(cluster, hosts))
    return CertificateList(
        now=context.clock.now(),
        certificates=tuple(sorted(found, key=lambda listed: (listed.ends is None, listed.ends or 0, listed.name))),
        silent={host.name: str(host.fault.what) for host in hosts.values() if host.fault},
    )


def _known(cluster: Cluster, state: State, hosts: Mapping[str, ObservedHost]) -> Iterator[Listed]:
    for row in inventory(cluster):
        credential = state.bundle.get(row.name)
        facts = _facts(credential.certificate) if credential else None
        yield Listed(
            name=row.name,
            subject=facts.common_name if facts else "",
            issuer=facts.issuer_name if facts else "",
            not_after=end_of(credential.certificate) if credential else None,
            lasting=row.line.usage is Usage.KEY_PAIR,
            supplied=row.name in state.supplied,
            hosts=tuple(_on_hosts(cluster, row, credential.certificate if credential else "", hosts)),
        )


def _on_hosts(cluster: Cluster, row: Row, wanted: str, hosts: Mapping[str, ObservedHost]) -> Iterator[OnHost]:
    for host in cluster.hosts:
        seen = hosts.get(host.name)
        path = _path(row, host)
        if seen is None or seen.fault or path is None:
            continue
        file = (seen.files or {}).get(path)
        if file is None:
            yield OnHost(host=host.name, presence=Presence.MISSING)
            continue
        text = file.content.decode(errors="replace")
        facts = _facts(text)
        same = facts is not None and read_certificates(text) == read_certificates(wanted)
        presence = Presence.SAME if same else Presence.DIFFERENT
        yield OnHost(host=host.name, presence=presence, not_after=end_of(text))


def _strays(cluster: Cluster, hosts: Mapping[str, ObservedHost]) -> Iterator[Listed]:
    """Yield the certificates on hosts that the cluster has no use for there."""
    rows = inventory(cluster)
    for host in cluster.hosts:
        placed = {_path(row, host) for row in rows}
        files = hosts[host.name].files or {} if host.name in hosts else {}
        for path in sorted(path for path in files.keys() - placed if _is_certificate(path)):
            facts = _facts(files[path].content.decode(errors="replace"))
            if facts:
                name = path.removeprefix(f"{FOLDER}/").removesuffix(CERTIFICATE)
                stray = OnHost(host=host.name, presence=Presence.STRAY, not_after=facts.not_after)
                yield Listed(name=name, subject=facts.common_name, issuer=facts.issuer_name, hosts=(stray,))


def _path(row: Row, host: Host) -> str | None:
    """Return where a host has a certificate, None where it does not get it; the API proxy's is in a file of its own."""
    if row.name == API_PROXY:
        return None if host.has(Role.CONTROLPLANE) else API_PROXY_PATH
    mine = row.host in ("", host.name) and row.line.certificate_on(host)
    return certificate_path(row.name) if mine else None


def _is_certificate(path: str) -> bool:
    return path.startswith(f"{FOLDER}/") and path.endswith(CERTIFICATE) and not path.endswith(KEY)


def _facts(text: str) -> CertificateFacts | None:
    certificate = read_certificate(text)
    return None if certificate is None else facts_of(certificate)
