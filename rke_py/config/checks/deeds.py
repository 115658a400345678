"""``restore`` and ``rotate_certificates``: keys that ask for one deed."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.config.findings import Finding, nearest
from rke_py.config.schema import ClusterConfig

_SERVICES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "etcd")


def deed_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what such a key cannot mean."""
    rotation = config.rotate_certificates
    for index, service in enumerate(rotation.services if rotation else ()):
        if service not in _SERVICES:
            what = f"'{service}' has no certificates of its own"
            path = ("rotate_certificates", "services", index)
            yield Finding(path=path, what=what, hint=nearest(service, _SERVICES))
    if config.restore.restore and not config.restore.snapshot_name:
        what = "restore names no snapshot"
        yield Finding(path=("restore", "snapshot_name"), what=what, hint="Write snapshot_name: for it.", warning=True)
