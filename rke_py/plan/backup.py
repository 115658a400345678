"""What the tools container is told of snapshots: the schedule of recurring ones, and the settings of S3."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rke_py.cluster.backup_model import S3
from rke_py.cluster.model import Cluster, Host, Proxy
from rke_py.config.versions import numbers_of_image
from rke_py.pki.inspect import fingerprints
from rke_py.pki.paths import certificate_path
from rke_py.plan.components.etcd import CLIENT_PORT, member_name
from rke_py.plan.components.snapshots import SCHEDULE
from rke_py.plan.conventions import LOOPBACK, https_url
from rke_py.plan.encryption import key_names, prefixes
from rke_py.plan.files import FileSpec
from rke_py.state.model import State

_LINE = (3, 6)


def schedule(cluster: Cluster, host: Host, state: State) -> FileSpec:
    """Return the file with the schedule: it has the keys of S3, so nothing of it is in an argument or a variable."""
    backup = cluster.backup
    told = {
        "interval": backup.interval,
        "keep": backup.retention,
        "timeout": backup.timeout,
        "line": line_of(cluster),
        "endpoint": https_url(LOOPBACK, CLIENT_PORT),
        "certificate": certificate_path(f"kube-etcd-{host.slug}"),
        "ca": certificate_path("kube-etcd-ca"),
        "about": about(state, member_name(host), cluster.version),
        "s3": s3_settings(backup.s3, cluster.proxy) if backup.s3 else None,
    }
    return FileSpec(path=SCHEDULE, content=json.dumps(told, indent=2).encode() + b"\n")


def about(state: State, member: str, kubernetes: str) -> Mapping[str, object]:
    """Return what a snapshot's manifest says of its cluster.

    ``kubernetes`` is the version of the API servers that wrote what is in it.
    ``encryption_keys`` are the names of the keys that its Secrets need, ``encrypted`` what values begin with, by
    resource, ``authorities`` the SHA-256 of every CA certificate that its pods trust.
    """
    return {
        "lineage": state.lineage,
        "kubernetes": kubernetes,
        "member": member,
        "encryption_keys": key_names(state.encryption),
        "encrypted": prefixes(state.encryption),
        "authorities": fingerprints(state.bundle["kube-ca"].certificate),
    }


def s3_settings(s3: S3, proxy: Proxy) -> dict[str, Any]:
    """Return the settings of S3 as the tools container reads them, secret and all."""
    given = {
        "endpoint": s3.endpoint,
        "bucket_name": s3.bucket_name,
        "region": s3.region,
        "folder": s3.folder,
        "access_key": s3.access_key.get_secret_value(),
        "secret_key": s3.secret_key.get_secret_value(),
        "custom_ca": s3.custom_ca,
        "proxy": proxy.https or proxy.http,
        "no_proxy": ",".join(proxy.no_proxy),
    }
    return {key: value for key, value in given.items() if value}


def line_of(cluster: Cluster) -> str:
    """Return etcd's line as its image tells: ``3.6``."""
    return ".".join(map(str, (numbers_of_image(cluster.images.etcd) or _LINE)[:2]))
