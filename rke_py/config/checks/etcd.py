"""``services.etcd``: an etcd elsewhere, snapshots that do not contradict themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from rke_py.config.durations import HOUR, LONGEST, is_duration, seconds_of
from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.etcd import BackupConfig, EtcdConfig, S3Config
from rke_py.config.versions import is_rke

_PATH: Path = ("services", "etcd")
_BACKUP: Path = (*_PATH, "backup_config")
_DATA = ("/var/lib/etcd", "/var/lib/etcd/", "/var/lib/rancher/etcd", "/var/lib/rancher/etcd/")
"""Where containers have the host's ``/var/lib/etcd``: ours, and RKE's."""

_MOVED_FIRST = 'the data are moved there before: docs/how-to/etcd.md, "Data in a folder of its own".'
TO_OUR_FOLDER = f"Before a restore, a new member or the move out of RKE's releases {_MOVED_FIRST}"

_AT_MOST = "292 years are the most: 2562047h."
_EXTERNAL = ("ca_cert", "cert", "key", "path")


def etcd_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with etcd apart from its arguments."""
    etcd = config.services.etcd
    yield from _external(config, etcd)
    if bool(etcd.uid) != bool(etcd.gid):
        what = "uid and gid have an effect only together"
        yield Finding(path=(*_PATH, "uid" if etcd.uid else "gid"), what=what, hint="Write both.", warning=True)
    if etcd.uid and etcd.gid and etcd.uid != etcd.gid and is_rke(config):
        what = f"RKE's releases run etcd as {etcd.uid}:{etcd.uid}, whatever gid says"
        yield Finding(path=(*_PATH, "gid"), what=what, hint=f"Write gid: {etcd.uid}.", warning=True)
    for key in ("uid", "gid"):
        if getattr(etcd, key) < 0:
            yield Finding(path=(*_PATH, key), what="a negative number is nobody's", hint="Use 0 or more.")
    for key in ("creation", "retention"):
        yield from _duration((*_PATH, key), getattr(etcd, key))
    yield from _moved(config, etcd)
    yield from _contradictions(etcd)
    if etcd.backup_config is not None:
        yield from _backup(etcd.backup_config)


def kept_elsewhere(flags: Iterable[tuple[str, str | Sequence[str]]]) -> Iterator[str]:
    """Yield the flags among those of etcd, each with its value or its values, that keep data in another folder."""
    for flag, value in flags:
        usual = flag == "data-dir" and all(folder in _DATA for folder in ([value] if isinstance(value, str) else value))
        if flag in ("data-dir", "wal-dir") and not usual:
            yield flag


def is_external(config: ClusterConfig) -> bool:
    """Tell whether etcd runs elsewhere."""
    return bool(config.services.etcd.external_urls)


def _external(config: ClusterConfig, etcd: EtcdConfig) -> Iterator[Finding]:
    given = {key for key in _EXTERNAL if _says_something(etcd, key)}
    if not etcd.external_urls:
        for key in _EXTERNAL:
            if key in given:
                what = f"{key} has no effect without external_urls"
                yield Finding(path=(*_PATH, key), what=what, hint="Remove it.", warning=True, at_key=True)
        return
    for key in _EXTERNAL:
        if key not in given:
            yield Finding(path=(*_PATH, key), what=f"an etcd elsewhere needs {key}", hint=f"Write {key}: for it.")
    for index, url in enumerate(etcd.external_urls):
        if not _is_url(url):
            what = f"'{url}' is not the URL of an etcd member"
            yield Finding(path=(*_PATH, "external_urls", index), what=what, hint="Write https://host:2379.")
    for index, node in enumerate(config.nodes):
        if "etcd" in node.role:
            what = "etcd runs elsewhere (services.etcd.external_urls), so no node can have role etcd"
            path: Path = ("nodes", index, "role", node.role.index("etcd"))
            yield Finding(path=path, what=what, hint="Remove the role, or external_urls.")


def _moved(config: ClusterConfig, etcd: EtcdConfig) -> Iterator[Finding]:
    """Refuse data in another folder: whether a member has any, and what a restore exchanges, is looked up in ours.

    RKE's members that have them there go on.
    """
    for section in ("extra_args", "extra_args_array"):
        for flag in kept_elsewhere(getattr(etcd, section).items()):
            path = (*_PATH, section, flag)
            if is_rke(config):
                what = f"with {flag} of one's own rke-py does not find etcd's data: nothing that works on them is done"
                yield Finding(path=path, what=what, hint=f"Leave it. {TO_OUR_FOLDER}", warning=True, at_key=True)
                continue
            what = f"{flag} of one's own is not built: rke-py keeps and finds etcd's data in /var/lib/etcd/member"
            hint = "Remove it. A disk of its own for etcd is mounted at /var/lib/etcd on the host. Of members of RKE's "
            yield Finding(path=path, what=what, hint=f"{hint}{_MOVED_FIRST}", at_key=True)


def _duration(path: Path, text: str) -> Iterator[Finding]:
    if text and not is_duration(text):
        yield Finding(path=path, what=f"'{text}' is not a duration", hint="Write it as 12h or 90m.")
    elif seconds_of(text) > LONGEST:
        yield Finding(path=path, what=f"'{text}' is longer than a snapshot can be kept", hint=_AT_MOST)


def _contradictions(etcd: EtcdConfig) -> Iterator[Finding]:
    backup = etcd.backup_config
    if backup is not None and backup.enabled is not False:
        if etcd.snapshot is False and backup.enabled:
            what = "backup_config is enabled, but snapshot: false turns recurring snapshots off"
            yield Finding(path=(*_PATH, "snapshot"), what=what, hint="Remove one of the two.", warning=True)
        for key in ("creation", "retention"):
            if getattr(etcd, key):
                what = f"{key} has no effect beside backup_config"
                hint = f"Write it there as {'interval_hours' if key == 'creation' else 'retention'}."
                yield Finding(path=(*_PATH, key), what=what, hint=hint, warning=True, at_key=True)
    if backup is not None and backup.enabled is False and etcd.snapshot:
        what = "backup_config.enabled: false turns recurring snapshots off, and snapshot: true on"
        yield Finding(path=(*_PATH, "snapshot"), what=what, hint="Remove one of the two.", warning=True)


def _backup(backup: BackupConfig) -> Iterator[Finding]:
    for key, value in (
        ("interval_hours", backup.interval_hours),
        ("retention", backup.retention),
        ("timeout", backup.timeout),
    ):
        if value < 0:
            yield Finding(path=(*_BACKUP, key), what="a negative number means nothing", hint="Use 1 or more.")
    if backup.interval_hours * HOUR > LONGEST:
        what = f"{backup.interval_hours} hours are longer than a snapshot can be kept"
        yield Finding(path=(*_BACKUP, "interval_hours"), what=what, hint=_AT_MOST)
    elif backup.interval_hours * backup.retention * HOUR > LONGEST:
        many = f"{backup.retention} snapshots, one every {backup.interval_hours} hours,"
        what = f"{many} are longer than a snapshot can be kept"
        yield Finding(path=(*_BACKUP, "retention"), what=what, hint=_AT_MOST)
    if backup.safe_timestamp:
        what = "safe_timestamp is for Rancher and has no effect"
        yield Finding(path=(*_BACKUP, "safe_timestamp"), what=what, hint="Remove it.", warning=True, at_key=True)
    if backup.s3_backup_config is not None:
        yield from _s3(backup.s3_backup_config)


def _s3(s3: S3Config) -> Iterator[Finding]:
    path: Path = (*_BACKUP, "s3backupconfig")
    for key in ("endpoint", "bucket_name"):
        if not getattr(s3, key):
            yield Finding(path=(*path, key), what=f"copies in S3 need {key}", hint=f"Write {key}: for it.")
    if "://" in s3.endpoint:
        host = s3.endpoint.partition("://")[2].rstrip("/")
        yield Finding(path=(*path, "endpoint"), what="the endpoint has no scheme", hint=f"Write {host}.")
    if bool(s3.access_key.get_secret_value()) != bool(s3.secret_key.get_secret_value()):
        missing = "access_key" if s3.secret_key.get_secret_value() else "secret_key"
        yield Finding(path=(*path, missing), what=f"there is no {missing}", hint="Write both or none.")
    if s3.custom_ca and "BEGIN CERTIFICATE" not in s3.custom_ca:
        hint = "Put the text between '-----BEGIN …' and '-----END …' here, not a file's name."
        yield Finding(path=(*path, "custom_ca"), what="this is not the text of a certificate", hint=hint)


def _says_something(etcd: EtcdConfig, key: str) -> bool:
    return bool(etcd.key.get_secret_value() if key == "key" else getattr(etcd, key))


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
